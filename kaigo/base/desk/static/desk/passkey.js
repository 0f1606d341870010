// Lets the authenticator make or use a passkey: asks the server for a challenge, puts the answer into the form, sends it.
// data-ceremony: make | use. data-options: where the challenge comes from.
"use strict";
(() => {
  const TOLD = {
    NotAllowedError: "取り消されたか、時間内に終わらなかったか、本人の確認(指紋・顔・暗証番号)ができませんでした。もう一度お試しください。",
    InvalidStateError: "この鍵はもう登録してあります。",
    SecurityError: "この画面の住所では鍵を使えません。正しい住所で開いているか、権限管理担当に確かめてください。",
  };
  const OTHER = "鍵を使えませんでした。ページを開き直して、もう一度お試しください。";

  const ask = async (form) => {
    const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.error || OTHER);
    return told;
  };
  const make = async (form) => navigator.credentials.create(
    { publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(await ask(form)) });
  const use = async (form) => navigator.credentials.get(
    { publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(await ask(form)) });

  for (const form of document.querySelectorAll("form[data-ceremony]")) {
    const button = form.querySelector("button"), told = form.querySelector("[data-told]");
    const tell = (text) => { told.textContent = text; told.parentElement.hidden = !text; };
    if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) {
      tell("このブラウザーでは鍵(パスキー)を使えません。新しい版にするか、権限管理担当に聞いてください。");
      continue;
    }
    button.disabled = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      button.disabled = true;
      tell("");
      try {
        const key = await (form.dataset.ceremony === "make" ? make(form) : use(form));
        form.elements.credential.value = JSON.stringify(key.toJSON());
        form.submit();
      } catch (error) {
        tell(error instanceof DOMException ? TOLD[error.name] || OTHER : error.message || OTHER);
        button.disabled = false;
      }
    });
  }
})();
