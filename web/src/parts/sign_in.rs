//! What is shown to somebody whom the bridge does not know.

use yew::prelude::*;

use super::icon::mark;
use crate::browser;
use crate::state::Closed;

/// What [`SignIn`] needs.
#[derive(Properties, PartialEq)]
pub struct SignInProps {
    /// Why we are not signed in.
    pub why: Closed,
    /// Signs in with a token.
    pub onsign: Callback<String>,
}

/// Says what happened and what to do; takes the token, or the whole address with it.
#[component]
pub fn SignIn(props: &SignInProps) -> Html {
    let text = use_state(String::new);
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| text.set(browser::input_value(&event)))
    };
    let onsubmit = {
        let (text, onsign) = (text, props.onsign.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let token = token_of(&text);
            if !token.is_empty() {
                onsign.emit(token);
            }
        })
    };
    let (title, what) = match props.why {
        Closed::NoToken => (
            "This page is not signed in",
            "The bridge lets in who has its token. It printed an address with the token in it when it started.",
        ),
        Closed::WrongToken => (
            "The token is not the one of this bridge",
            "A bridge that keeps nothing on disk makes a new token at each start, so an address from an earlier start no longer works.",
        ),
        Closed::Ended => ("Your session has ended", "The bridge was started anew, or you have been signed out."),
    };
    let origin = browser::window().location().origin().unwrap_or_default();
    html! {
        <div class="empty signed-out" data-test="signed-out">
            { mark("40") }
            <h1>{ title }</h1>
            <p class="muted">{ what }</p>
            <div class="card">
                <form class="in stack" {onsubmit}>
                    <p>{ "Open the address that the bridge printed. It looks like this:" }</p>
                    <code class="code">{ origin }{ "/#token=…" }</code>
                    <label class="field"><span>{ "Or paste the token, or the whole address, here" }</span>
                        <input class="input mono" type="password" autocomplete="current-password" spellcheck="false" autofocus=true
                            aria-invalid={(props.why == Closed::WrongToken).then_some("true")} aria-describedby="token-hint" data-test="token" {oninput} /></label>
                    <p class="hint" id="token-hint">{ "It is sent to this bridge only, and exchanged for a cookie that scripts cannot read." }</p>
                    <div class="flex"><button class="btn btn-primary" data-test="sign-in">{ "Sign in" }</button></div>
                </form>
            </div>
        </div>
    }
}

/// The token in what was pasted: a token, or an address with `#token=`.
fn token_of(text: &str) -> String {
    let text = text.trim();
    let token = text.split_once("#token=").map_or(text, |(_, token)| token);
    crate::route::decode(token).unwrap_or_else(|| token.to_owned())
}
