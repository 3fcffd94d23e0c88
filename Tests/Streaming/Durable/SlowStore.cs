using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Tests.Streaming.Durable;

/// <summary>A store whose uploads wait until the test lets them go.</summary>
internal sealed class SlowStore(IObjectStore inner, TaskCompletionSource isHeld, TaskCompletionSource free) : IObjectStore
{
    public string Url => inner.Url;

    public async ValueTask<ObjectUpload> UploadAsync(string name, CancellationToken cancellationToken)
    {
        isHeld.TrySetResult();
        await free.Task.WaitAsync(cancellationToken);
        return await inner.UploadAsync(name, cancellationToken);
    }

    public ValueTask PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => inner.PutAsync(name, content, cancellationToken);

    public ValueTask<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => inner.TryCreateAsync(name, content, cancellationToken);

    public ValueTask<byte[]?> TryGetAsync(string name, int bytesMax, CancellationToken cancellationToken) => inner.TryGetAsync(name, bytesMax, cancellationToken);

    public ValueTask<Stream> OpenReadAsync(string name, CancellationToken cancellationToken) => inner.OpenReadAsync(name, cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public void Dispose() => inner.Dispose();
}
