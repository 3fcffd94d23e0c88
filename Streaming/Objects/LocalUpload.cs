namespace OrleansFlow.Streaming.Objects;

/// <summary>A file that has no name of its own yet.</summary>
internal sealed class LocalUpload(LocalObjectStore store, string name, string temporary, FileStream file) : ObjectUpload
{
    public override Stream Content { get; } = new LocalUploadStream(store, file);

    public override async ValueTask<long> CompleteAsync(CancellationToken cancellationToken)
    {
        var bytes = await FlushAsync(cancellationToken);
        store.Publish(temporary, name, mustBeNew: false);
        return bytes;
    }

    /// <summary>As completing, unless there is an object of that name.</summary>
    public async ValueTask<bool> TryCompleteNewAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        return store.Publish(temporary, name, mustBeNew: true);
    }

    public override async ValueTask DisposeAsync()
    {
        await file.DisposeAsync();
        store.Guard(() =>
        {
            // After a link the temporary name is a second one of the object; after a rename there is none.
            File.Delete(temporary);
            return true;
        });
    }

    private async ValueTask<long> FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await file.FlushAsync(cancellationToken);
            var bytes = file.Length;

            // On a thread that may wait: the disk decides how long this takes.
            await Task.Run(() => file.Flush(flushToDisk: true), cancellationToken);
            await file.DisposeAsync();
            return bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw store.Failed(exception);
        }
    }
}
