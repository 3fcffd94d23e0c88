using OrleansFlow.Streaming.Objects.S3;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Objects;

namespace OrleansFlow.Tests.Streaming.State;

/// <summary>State in a bucket whose every third request meets a fault.</summary>
public sealed class S3StateBackendTests : StateBackendContract, IAsyncLifetime
{
    private S3TestServer _server = null!;
    private S3ObjectStore _store = null!;
    private FileStateBackend _backend = null!;

    protected override IStateBackend Backend => _backend;

    public async ValueTask InitializeAsync()
    {
        var count = 0;
        _server = await S3TestServer.StartAsync();
        _server.Fault = _ => Interlocked.Increment(ref count) is var request && request % 3 == 0 ? (request % 2 == 0 ? S3Fault.Busy : S3Fault.CutAfter) : S3Fault.None;
        _store = new S3ObjectStore(new S3ObjectStoreOptions
        {
            Endpoint = _server.Address, Bucket = "bucket", AccessKeyId = S3TestServer.AccessKey, SecretAccessKey = S3TestServer.Secret, FirstBackoff = TimeSpan.FromMilliseconds(1),
        });
        _backend = new FileStateBackend(_store, "job", generation: 1);
    }

    public async ValueTask DisposeAsync()
    {
        _store.Dispose();
        await _server.DisposeAsync();
    }
}
