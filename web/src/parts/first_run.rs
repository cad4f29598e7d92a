//! What is shown while no device has registered: how to get one here.

use yew::prelude::*;

use super::icon::{icon, mark, small_icon};
use crate::browser;

/// The first-run card: the address for a device, a client to try, and what to expect. `coap` is where devices reach the bridge, the
/// most useful address first.
pub fn first_run(coap: &[String]) -> Html {
    let uri = coap.first().cloned().unwrap_or_else(|| "coap://127.0.0.1:5683".to_owned());
    let leshan = format!("java -jar leshan-demo-client.jar -n my-device -u {uri}");
    let host = browser::window().location().hostname().unwrap_or_default();
    let is_local = uri.contains("127.0.0.1") || uri.contains("[::1]") || uri.contains("localhost");
    let elsewhere = is_local && matches!(host.as_str(), "127.0.0.1" | "localhost" | "[::1]");
    html! {
        <div class="empty" data-test="first-run">
            <div class="accent">{ mark("40") }</div>
            <h1 class="big">{ "No devices yet" }</h1>
            <p class="muted measure">{ "A device appears here the moment it registers. Point one at this bridge." }</p>
            <div class="fr">
                <div class="stack">
                    <section class="card"><div class="in stack">
                        <h2>{ "Connect your own" }</h2>
                        <div><p class="small strong">{ "The server address to set on the device (/0/0/0), without security" }</p><Copyable text={uri.clone()} /></div>
                        <div><p class="small strong">{ "Or try the Leshan demo client on this computer" }</p><Copyable text={leshan} /></div>
                        if elsewhere { <p class="hint">{ "A device elsewhere in the network uses the address of this computer in place of 127.0.0.1." }</p> }
                    </div></section>
                    <section class="card"><div class="in"><h2>{ "What you will see" }</h2>
                        <ol class="small steps">
                            <li>{ icon("devices") }<span><b>{ "It registers. " }</b><span class="muted">{ "Its row appears within a second, with its objects by name." }</span></span></li>
                            <li>{ icon("read") }<span><b>{ "You read. " }</b><span class="muted">{ "Values carry their type, unit and age." }</span></span></li>
                            <li>{ icon("trace") }<span><b>{ "You look closer. " }</b><span class="muted">{ "Every answer leads to its bytes." }</span></span></li>
                        </ol></div></section>
                </div>
                <section class="card"><div class="in">
                    <h2 class="flex"><i class="spin accent" aria-hidden="true"></i>{ "Listening" }</h2>
                    <ul class="small open">
                    { for coap.iter().map(|uri| html! { <li class="flex">{ small_icon("check") }<span class="mono clip">{ uri.clone() }</span><span class="faint end">{ "UDP" }</span></li> }) }
                    </ul>
                    <p class="small muted">{ "LwM2M 1.0, 1.1 and 1.2 devices can register. Nothing has to be set up here first." }</p>
                </div></section>
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct CopyableProps {
    text: String,
}

/// A line to be copied, with a button that says that it was.
#[component]
fn Copyable(props: &CopyableProps) -> Html {
    let copied = use_state(|| false);
    let onclick = {
        let (copied, text) = (copied.clone(), props.text.clone());
        Callback::from(move |_: MouseEvent| copied.set(browser::copy(&text)))
    };
    html! {
        <div class="flex copy"><code class="code grow">{ props.text.clone() }</code>
            <button class="btn" type="button" {onclick}>{ icon(if *copied { "check" } else { "copy" }) }<span aria-live="polite">{ if *copied { "Copied" } else { "Copy" } }</span></button></div>
    }
}
