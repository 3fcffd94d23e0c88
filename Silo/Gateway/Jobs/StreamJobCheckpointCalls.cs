using OrleansFlow.Errors;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;
using OrleansFlow.Tasks;
using Wire = OrleansFlow.Protocol.Streaming.Jobs.V1;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Calls about the checkpoints and savepoints of streaming jobs, answered by their store.</summary>
internal sealed class StreamJobCheckpointCalls(StreamJobCalls jobs, JobStores stores)
{
    public async Task<Wire.ListCheckpointsResponse> ListAsync(Wire.ListCheckpointsRequest request, CancellationToken cancellationToken)
    {
        var store = await OpenAsync(request.JobId, cancellationToken);
        var response = new Wire.ListCheckpointsResponse();
        foreach (var name in (await store.ListAsync(cancellationToken)).Reverse())
        {
            // One that is cleaned away meanwhile counts no more.
            if (await store.TryReadManifestAsync(name, cancellationToken) is { } manifest)
            {
                var standing = await store.StandingOfAsync(name, cancellationToken);
                response.Checkpoints.Add(manifest.ToWire(standing == CheckpointStanding.Committing));
            }
        }

        return response;
    }

    public async Task<Wire.Savepoint> CreateSavepointAsync(Wire.CreateSavepointRequest request, CancellationToken cancellationToken)
    {
        var name = CheckName(request.Name);
        var store = await OpenAsync(request.JobId, cancellationToken);
        foreach (var manifest in (await store.ListAsync(cancellationToken)).Reverse())
        {
            if (await store.StandingOfAsync(manifest, cancellationToken) == CheckpointStanding.Ready)
            {
                var savepoints = new SavepointStore(store);
                await savepoints.CreateAsync(name, manifest, cancellationToken);
                return new Wire.Savepoint { Name = name, Checkpoint = (await savepoints.ReadAsync(name, cancellationToken)).ToWire(isCommitting: false) };
            }
        }

        throw new FlowException(FlowErrorCode.NotFound, $"Job '{request.JobId}' has no complete checkpoint to make savepoint '{name}' of. Take one first ('flow jobs checkpoint {request.JobId}').");
    }

    public async Task<Wire.ListSavepointsResponse> ListSavepointsAsync(Wire.ListSavepointsRequest request, CancellationToken cancellationToken)
    {
        var store = await OpenAsync(request.JobId, cancellationToken);
        var response = new Wire.ListSavepointsResponse();
        foreach (var path in await new SavepointStore(store).ListAsync(cancellationToken))
        {
            if (await store.TryReadManifestAsync(path, cancellationToken) is { } manifest)
            {
                response.Savepoints.Add(new Wire.Savepoint { Name = Uri.UnescapeDataString(path.Split('/')[1]), Checkpoint = manifest.ToWire(isCommitting: false) });
            }
        }

        return response;
    }

    public async Task<Wire.DeleteSavepointResponse> DeleteSavepointAsync(Wire.DeleteSavepointRequest request, CancellationToken cancellationToken)
    {
        var name = CheckName(request.Name);
        await new SavepointStore(await OpenAsync(request.JobId, cancellationToken)).DeleteAsync(name, cancellationToken);
        return new Wire.DeleteSavepointResponse();
    }

    private async Task<CheckpointStore> OpenAsync(string jobId, CancellationToken cancellationToken) =>
        stores.Of((await jobs.ViewAsync(jobId, cancellationToken)).CheckpointUrl, jobId);

    private static string CheckName(string name) => IdText.IsValid(name)
        ? name
        : throw new FlowException(FlowErrorCode.BadInput, $"A savepoint's name has 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit; this one has {name.Length} characters.");
}
