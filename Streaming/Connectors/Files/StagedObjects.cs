using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>Gives staged objects their own names.</summary>
internal static class StagedObjects
{
    /// <summary>Makes an object visible under its own name, and removes the staged one. Repeating it changes nothing.</summary>
    /// <exception cref="FlowException">Neither is there (<see cref="FlowErrorCode.StateCorrupt"/>).</exception>
    public static async ValueTask PublishAsync(IObjectStore store, StagedObject staged, CancellationToken cancellationToken)
    {
        if (await BytesOfAsync(store, staged.StagedName, cancellationToken) != staged.Bytes)
        {
            if (await BytesOfAsync(store, staged.Name, cancellationToken) == staged.Bytes)
            {
                return;
            }

            throw new FlowException(
                FlowErrorCode.StateCorrupt,
                $"'{staged.StagedName}' in {store.Url} is to become '{staged.Name}' with epoch {staged.Epoch}, and neither has the {staged.Bytes} bytes that were written. Bring it back, or start the job from an older checkpoint.");
        }

        await using (var upload = await store.UploadAsync(staged.Name, cancellationToken))
        {
            await using (var source = await store.OpenReadAsync(staged.StagedName, cancellationToken))
            {
                await source.CopyToAsync(upload.Content, cancellationToken);
            }

            await upload.CompleteAsync(cancellationToken);
        }

        await store.DeleteAsync(staged.StagedName, cancellationToken);
    }

    private static async ValueTask<long?> BytesOfAsync(IObjectStore store, string name, CancellationToken cancellationToken)
    {
        await foreach (var entry in store.ListAsync(name, cancellationToken))
        {
            if (entry.Name == name)
            {
                return entry.Bytes;
            }
        }

        return null;
    }
}
