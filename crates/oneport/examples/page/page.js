// Calls the service on the origin of the page, with Connect's protocol.
const form = document.querySelector("form");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const response = await fetch("/hello.v1.GreeterService/SayHello", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: form.elements.name.value }),
  });
  const { greeting, message } = await response.json();
  document.querySelector("output").textContent = response.ok ? greeting : message;
});
