// Part of every page here: sends what the page found, or why it found nothing.
export async function report(find) {
  const answer = await find().then(
    (found) => ({ found }),
    ({ name, message }) => ({ error: `${name}: ${message}` }),
  );
  await fetch("/report", { method: "POST", body: JSON.stringify(answer) });
}
