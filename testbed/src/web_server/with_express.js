const app = require("express")();

app.get(["/metrics", "/env", "/v1/admin", "/v1/admin/keys", "/v1/admin/{*rest}"], (request, response) => {
  response.send("guarded");
});
app.get("/v1/recall", (request, response) => {
  response.send("other");
});
app.use((error, request, response, next) => response.status(error.status || 500).send("error"));
app.listen(PORT, "127.0.0.1");
