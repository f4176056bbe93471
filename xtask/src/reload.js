// Added by `cargo xtask demo` alone: loads the page again when the server has another one.
let loaded;

async function look() {
  if (document.hidden) return;
  const answer = await fetch('.', { method: 'HEAD', cache: 'no-store' }).catch(() => undefined);
  if (!answer?.ok) return; // the server is being started anew
  await answer.arrayBuffer(); // empty, but an unread answer is listed as broken off
  const found = `${answer.headers.get('etag')} ${answer.headers.get('last-modified')}`;
  loaded ??= found;
  if (found !== loaded) location.reload();
}

look();
setInterval(look, 1000);
