using System.Buffers.Binary;
using System.Text;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Http2;

namespace OrleansFlow.Tests.Rpc.Http2;

/// <content>What the scripted server says and expects.</content>
public sealed partial class Http2UploadTests
{
    /// <summary>One whole call in which either side says something.</summary>
    private static async Task ServeAsync(ScriptedServer server, int streamId, RpcDuplexCall<byte[], byte[]> call)
    {
        await call.WriteAsync([1, 2, 3], Token);
        Assert.Equal(streamId, (await server.ReadUntilAsync(Http2FrameType.Headers)).StreamId);
        Assert.Equal([0, 0, 0, 0, 3, 1, 2, 3], (await server.ReadUntilAsync(Http2FrameType.Data)).Payload);
        await call.CompleteAsync();
        var end = await server.ReadUntilAsync(Http2FrameType.Data);
        Assert.Equal((Http2Flags.EndStream, 0), (end.Flags, end.Payload.Length));
        await server.SendAsync(
            GoodHeaders(streamId),
            ScriptedServer.Data(streamId, [1, 0, 0, 0, 0, 1, 9, 0], Http2Flags.Padded),
            ScriptedServer.Headers(streamId, Http2Flags.EndHeaders | Http2Flags.EndStream, Block(("grpc-status", "0"))));
        var responses = new List<byte[]>();
        await ReadAllAsync(call, responses);
        Assert.Equal([[9]], responses);
    }

    private static async Task ReadAllAsync(RpcDuplexCall<byte[], byte[]> call, List<byte[]> responses)
    {
        await foreach (var response in call.ReadAllAsync(Token))
        {
            responses.Add(response);
        }
    }

    private static async Task<(byte[] Body, List<int> Sizes)> ReadBodyAsync(ScriptedServer server, int bytes)
    {
        var body = new MemoryStream();
        var sizes = new List<int>();
        while (body.Length < bytes)
        {
            var frame = await server.ReadUntilAsync(Http2FrameType.Data);
            await body.WriteAsync(frame.Payload, Token);
            sizes.Add(frame.Payload.Length);
        }

        return (body.ToArray(), sizes);
    }

    /// <summary>The answer to a question shows that everything before it has been read.</summary>
    private static async Task AskAsync(ScriptedServer server)
    {
        await server.SendAsync(ScriptedServer.Frame(Http2FrameType.Ping, 0, 0, "question"u8.ToArray()));
        Assert.Equal("question", Encoding.ASCII.GetString((await server.ReadUntilAsync(Http2FrameType.Ping)).Payload));
    }

    /// <summary>Waits until no frame goes out any more, although the windows are open.</summary>
    private static async Task WhenStuckAsync(Http2Upload call)
    {
        for (var (left, looks) = (call.Window, 0); looks < 1_000 || left >= int.MaxValue - 65_535; looks++)
        {
            await Task.Yield();
            if (call.Window != left)
            {
                (left, looks) = (call.Window, 0);
            }
        }
    }

    private static byte[] Settings(params (ushort Id, int Value)[] settings)
    {
        var payload = new byte[6 * settings.Length];
        for (var index = 0; index < settings.Length; index++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(6 * index), settings[index].Id);
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan((6 * index) + 2), settings[index].Value);
        }

        return ScriptedServer.Frame(Http2FrameType.Settings, 0, 0, payload);
    }

    private static byte[] Widen(int streamId, int bytes)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        return ScriptedServer.Frame(Http2FrameType.WindowUpdate, 0, streamId, payload);
    }

    private static byte[] GoodBlock() => [0x88, .. Block(("content-type", "application/grpc"))];

    private static byte[] GoodHeaders(int streamId) => ScriptedServer.Headers(streamId, Http2Flags.EndHeaders, GoodBlock());

    private static byte[] Block(params (string Name, string Value)[] fields) =>
        [.. fields.SelectMany(field => (byte[])[0, (byte)field.Name.Length, .. Encoding.ASCII.GetBytes(field.Name), (byte)field.Value.Length, .. Encoding.ASCII.GetBytes(field.Value)])];

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(11).NextBytes(bytes);
        return bytes;
    }
}
