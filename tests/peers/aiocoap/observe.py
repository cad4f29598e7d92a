"""Observes URI (in the content format ACCEPT) until stdin ends; each state is one line: the code and the text of the payload.

aiocoap-client has --observe, but the pinned version cancels the observation with the first answer.
"""

import asyncio
import sys

import aiocoap


async def main(uri, accept):
    context = await aiocoap.Context.create_client_context()
    message = aiocoap.Message(code=aiocoap.GET, uri=uri, observe=0)
    message.opt.accept = aiocoap.numbers.ContentFormat(int(accept))
    request = context.request(message)
    say(await request.response)
    watching = asyncio.create_task(watch(request))
    await asyncio.get_event_loop().run_in_executor(None, sys.stdin.read)
    watching.cancel()
    request.observation.cancel()
    await context.shutdown()


async def watch(request):
    async for state in request.observation:
        say(state)


def say(message):
    code = f"{message.code >> 5}.{message.code & 31:02}"
    print(code, message.payload.decode("utf8", "replace"), flush=True)


asyncio.run(main(*sys.argv[1:]))
