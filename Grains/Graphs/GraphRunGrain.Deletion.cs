using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <content>How a run that has ended leaves: its artifacts, its line in the listing, its rows, and at last its head, of which only the highest epoch stays.</content>
internal sealed partial class GraphRunGrain
{
    private readonly IArtifactStore? _artifacts;
    private bool _isDeleted;

    public async Task<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        _pump.ThrowIfFailed();
        if (!_pump.Tentative.Exists || _isDeleted)
        {
            return false;
        }

        if (!_pump.Tentative.IsTerminal)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Run '{_id}' has not ended ({_pump.Committed.Status}); cancel it before it is deleted.");
        }

        await _pump.FlushAsync();
        await _delivery;
        if (!_settled || !_pump.Tentative.IsTerminal)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Run '{_id}' still has to tell its end to a queue or worker; delete it again in a moment.");
        }

        // From here on nothing is decided any more; a failure leaves the rest to the next activation.
        _isDeleted = true;
        try
        {
            await _store.BeginClearAsync(_pump.Committed.Nodes.Max(node => node.Tasks.Select(task => task.Epoch).DefaultIfEmpty().Max()));
            await ClearAsync(cancellationToken);
            LogDeleted(_id);
            return true;
        }
        finally
        {
            DeactivateOnIdle();
        }
    }

    /// <summary>A deletion that was cut off before.</summary>
    private async Task FinishDeletionAsync(CancellationToken cancellationToken)
    {
        await ClearAsync(cancellationToken);
        LogDeleted(_id);
    }

    private async Task ClearAsync(CancellationToken cancellationToken)
    {
        if (_artifacts is { } artifacts)
        {
            await artifacts.DeleteAsync(_id, cancellationToken);
        }

        var submittedUtc = _store.SubmittedUtc;
        await _store.ClearAsync();

        // Last, so that a sweep finds the run as long as anything of it is there.
        await GrainFactory.GetGrain<IRunCatalogGrain>(RunShards.KeyOf(_id)).RemoveAsync(_id, submittedUtc, cancellationToken);
    }

    private void ThrowIfDeleted()
    {
        if (_isDeleted)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"Run '{_id}' was deleted.");
        }
    }
}
