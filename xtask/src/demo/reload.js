// Added by `cargo xtask demo`: reloads the page when the server has another one.
let loaded;

async function check() {
  if (document.hidden) return;
  const response = await fetch('.', { method: 'HEAD', cache: 'no-store' }).catch(() => undefined);
  if (!response?.ok) return; // the server restarts
  await response.arrayBuffer(); // empty, but an unread body is listed as aborted
  const found = response.headers.get('etag');
  loaded ??= found;
  if (found !== loaded) location.reload();
}

check();
setInterval(check, 1000);
