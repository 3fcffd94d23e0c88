using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using Protos = OrleansFlow.Flight.Protos;

namespace OrleansFlow.Tests.Flight;

/// <summary>Uploads that no proper client sends: each is the caller's mistake, and leaves no memory behind.</summary>
public sealed class FlightBadInputTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_WithoutAnyMessage_IsInvalidArgument() => await ExpectInvalidAsync();

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_WithoutASchema_IsInvalidArgument() =>
        await ExpectInvalidAsync(new FlightData { Descriptor = Upload });

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_WithoutADescriptor_IsInvalidArgument() =>
        await ExpectInvalidAsync(new FlightData { Header = SchemaHeader() });

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_WithAHeaderOfNoise_IsInvalidArgument()
    {
        var noise = new byte[200];
        new Random(7).NextBytes(noise);
        await ExpectInvalidAsync(new FlightData { Descriptor = Upload, Header = noise });
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_WithABatchBeforeTheSchema_IsInvalidArgument() =>
        await ExpectInvalidAsync(new FlightData { Descriptor = Upload, Header = BatchHeader(), BodyParts = [new byte[1024]] });

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_WithABodyThatIsCut_IsInvalidArgument() => await ExpectInvalidAsync(
        new FlightData { Descriptor = Upload, Header = SchemaHeader() },
        new FlightData { Header = BatchHeader(), BodyParts = [new byte[64]] });

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_WithTwoSchemas_IsInvalidArgument() => await ExpectInvalidAsync(
        new FlightData { Descriptor = Upload, Header = SchemaHeader() },
        new FlightData { Header = SchemaHeader() });

    private static Protos.FlightDescriptor Upload => FlightDescriptor.ForPath("upload", "bad").ToWire();

    private static byte[] SchemaHeader()
    {
        using var encoder = new IpcEncoder(NumbersProducer.Schema);
        using var message = encoder.EncodeSchema();
        return message.Metadata.ToArray();
    }

    private static byte[] BatchHeader()
    {
        using var encoder = new IpcEncoder(NumbersProducer.Schema);
        using var batch = NumbersProducer.MakeBatch(0, 100, ArrowAllocator.Default);
        using var message = encoder.Encode(batch)[0];
        return message.Metadata.ToArray();
    }

    private static async Task ExpectInvalidAsync(params FlightData[] messages)
    {
        await using var host = await FlightHost.StartAsync();
        await using (var call = host.Channel.Duplex(new FlightMethods(new FlightOptions()).DoPut))
        {
            foreach (var message in messages)
            {
                await call.WriteAsync(message, Token);
            }

            await call.CompleteAsync();
            var failure = await Assert.ThrowsAsync<RpcException>(async () => await call.ReadAllAsync(Token).CountAsync(Token));
            Assert.Equal(RpcStatusCode.InvalidArgument, failure.Code);
        }

        await host.StopAndCountAsync();
    }
}
