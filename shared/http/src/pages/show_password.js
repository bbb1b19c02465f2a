const password = document.getElementById("password");
const show = document.getElementById("show-password");
show.parentElement.hidden = false;
show.addEventListener("change", () => { password.type = show.checked ? "text" : "password"; });
password.form.addEventListener("submit", () => { password.type = "password"; });
