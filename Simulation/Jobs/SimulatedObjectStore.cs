using System.Runtime.CompilerServices;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>The objects as one process has them.</summary>
internal sealed class SimulatedObjectStore(SimulatedObjects objects, SimulatedProcess process) : IObjectStore
{
    public string Url => SimulatedObjects.Url;

    public async ValueTask PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var bytes = content.ToArray();
        await RunAsync($"put {name}", () =>
        {
            objects.Put(name, bytes);
            return true;
        }, cancellationToken);
    }

    public async ValueTask<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var bytes = content.ToArray();
        return await RunAsync($"create {name}", () => objects.TryCreate(name, bytes), cancellationToken);
    }

    public ValueTask<ObjectUpload> UploadAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult<ObjectUpload>(new Upload(this, name));

    public async ValueTask<byte[]?> TryGetAsync(string name, int bytesMax, CancellationToken cancellationToken) =>
        await RunAsync($"get {name}", () => objects.Peek(name), cancellationToken);

    public async ValueTask<Stream> OpenReadAsync(string name, CancellationToken cancellationToken) => new MemoryStream(
        await RunAsync($"open {name}", () => objects.Peek(name), cancellationToken) ?? throw new FlowException(FlowErrorCode.DataFileMissing, $"There is no object '{name}'."),
        writable: false);

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var entry in await RunAsync($"list {prefix}", () => objects.List(prefix), cancellationToken))
        {
            yield return entry;
        }
    }

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken) => await RunAsync($"delete {name}", () =>
    {
        objects.Delete(name);
        return true;
    }, cancellationToken);

    public void Dispose()
    {
        // Holds nothing.
    }

    private Task<T> RunAsync<T>(string what, Func<T> effect, CancellationToken cancellationToken) => objects.RunAsync($"{what} by {process.Name}", effect, cancellationToken);

    private sealed class Upload(SimulatedObjectStore store, string name) : ObjectUpload
    {
        private readonly MemoryStream _content = new();

        public override Stream Content => _content;

        public override async ValueTask<long> CompleteAsync(CancellationToken cancellationToken)
        {
            await store.PutAsync(name, _content.ToArray(), cancellationToken);
            return _content.Length;
        }

        public override ValueTask DisposeAsync() => _content.DisposeAsync();
    }
}
