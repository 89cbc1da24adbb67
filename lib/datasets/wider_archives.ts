/**
 * Where WIDER FACE can be had.
 *
 * Sizes and SHA-256 are those that TensorFlow Datasets (`url_checksums/wider_face.txt`) and Hugging
 * Face (`datasets/wider_face/dataset_infos.json`) publish; they agree. Mirrors: the Hugging Face
 * repository of the data set's authors first, then PaddleDetection's (photos; torchvision publishes
 * the same MD5 for both) and the authors' own page (annotations).
 *
 * @module
 */

/** A zip archive of the data set. */
export interface Archive {
  /** Its file name. */
  readonly name: string;
  /** The one folder that it unpacks to. */
  readonly folder: string;
  /** Texts in that folder that are needed. */
  readonly texts: readonly string[];
  /** Photos in the event folders of its folder `images`. */
  readonly photos: number;
  /** Addresses of the same file, best first. */
  readonly urls: readonly string[];
  /** Its length. */
  readonly bytes: number;
  /** SHA-256 of the file, in lower-case hex. */
  readonly sha256: string;
}

const HUGGING_FACE = "https://huggingface.co/datasets/CUHK-CSE/wider_face/resolve/main/data";
const PADDLE = "https://dataset.bj.bcebos.com/wider_face";
const AUTHORS = "http://shuoyang1213.me/WIDERFACE/support/bbx_annotation";

/** The archives that training and validation need. The test set has no public annotation. */
export const WIDER_ARCHIVES: readonly Archive[] = [
  {
    name: "wider_face_split.zip",
    folder: "wider_face_split",
    texts: ["wider_face_train_bbx_gt.txt", "wider_face_val_bbx_gt.txt"],
    photos: 0,
    urls: [`${HUGGING_FACE}/wider_face_split.zip`, `${AUTHORS}/wider_face_split.zip`],
    bytes: 3_591_642,
    sha256: "c7561e4f5e7a118c249e0a5c5c902b0de90bbf120d7da9fa28d99041f68a8a5c",
  },
  {
    name: "WIDER_val.zip",
    folder: "WIDER_val",
    texts: [],
    photos: 3226,
    urls: [`${HUGGING_FACE}/WIDER_val.zip`, `${PADDLE}/WIDER_val.zip`],
    bytes: 362_752_168,
    sha256: "f9efbd09f28c5d2d884be8c0eaef3967158c866a593fc36ab0413e4b2a58a17a",
  },
  {
    name: "WIDER_train.zip",
    folder: "WIDER_train",
    texts: [],
    photos: 12_880,
    urls: [`${HUGGING_FACE}/WIDER_train.zip`, `${PADDLE}/WIDER_train.zip`],
    bytes: 1_465_602_149,
    sha256: "e23b76129c825cafae8be944f65310b2e1ba1c76885afe732f179c41e5ed6d59",
  },
];
