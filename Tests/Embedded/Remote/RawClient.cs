using Orleans.Embedded.Remote;
using Orleans.Embedded.Serialization;

namespace OrleansFlow.Tests.Embedded.Remote;

/// <summary>A client that writes its records by hand.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly MemoryConnection _connection = new();
    private readonly IAsyncEnumerator<RemoteFrame> _frames;
    private readonly Queue<byte[]> _records = [];

    private RawClient(GrainGateway gateway)
    {
        _connection.Serving = gateway.ServeAsync(_connection.Server, "raw", _connection.Ended)
            .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _frames = _connection.ReadAllAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    public static async Task<RawClient> ConnectAsync(RemoteCluster cluster)
    {
        var client = new RawClient(cluster.Gateway.Gateway!);
        await client.SendAsync(writer =>
        {
            writer.WriteVarint((ulong)RecordKind.Hello);
            writer.WriteVarint(RemoteProtocol.Version);
            writer.WriteString("raw");
        });
        await client.NextAsync();
        return client;
    }

    public Task DescribeAsync(int number, string interfaceName, string method, string signature) => SendAsync(writer =>
    {
        writer.WriteVarint((ulong)RecordKind.Method);
        writer.WriteVarint((ulong)number);
        new MethodDescription(interfaceName, [], method, [], signature).Write(writer);
    });

    public Task CallAsync(long id, int method, string grainType, string key) => SendAsync(writer =>
    {
        writer.WriteVarint((ulong)RecordKind.Call);
        writer.WriteVarint((ulong)id);
        writer.WriteVarint(0);
        writer.WriteVarint((ulong)method);
        RecordText.WriteGrainId(writer, GrainId.Create(grainType, key));
        RecordText.WriteContext(writer, null);
        writer.EndObject();
    });

    public async Task<Exception> FailureAsync()
    {
        var record = await NextAsync();
        var reader = new CodecReader(record, 0, record.Length, null, position: 0);
        Assert.Equal(RecordKind.Failure, (RecordKind)reader.ReadVarint());
        reader.ReadVarint();
        return RecordText.ReadFailure(reader);
    }

    public async Task<byte[]> NextAsync()
    {
        while (_records.Count == 0)
        {
            Assert.True(await _frames.MoveNextAsync());
            using var frame = _frames.Current;
            var position = 0;
            while (frame.NextRecord(ref position) is var (start, length))
            {
                _records.Enqueue(frame.Buffer.AsSpan(start, length).ToArray());
            }
        }

        return _records.Dequeue();
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _frames.DisposeAsync();
    }

    private async Task SendAsync(Action<CodecWriter> write)
    {
        var writer = CodecWriter.Rent(null);
        var frame = new RemoteFrame(256);
        try
        {
            write(writer);
            frame.Add(writer.Written);
        }
        finally
        {
            writer.Return();
        }

        await _connection.WriteAsync(frame);
        frame.Dispose();
    }
}
