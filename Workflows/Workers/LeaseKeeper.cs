using Microsoft.Extensions.Logging;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>Renews a lease and reports the loop's health in the background while a step runs, and tells the step when the lease is lost.</summary>
internal sealed partial class LeaseKeeper : IAsyncDisposable
{
    /// <summary>Two renewals may be lost before a lease is.</summary>
    private const int RenewalsPerLease = 3;

    private readonly CancellationTokenSource _step;
    private readonly CancellationTokenSource _done = new();
    private readonly Task _keeping;
    private volatile bool _isLost;

    public LeaseKeeper(IWorkflowStore store, WorkLease lease, WorkerVitals vitals, WorkerSettings settings, CancellationToken stop)
    {
        _step = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _keeping = KeepAsync(store, lease, vitals, settings);
    }

    /// <summary>Fires when the step is to stop: the lease was lost, or the worker stops.</summary>
    public CancellationToken Token => _step.Token;

    /// <summary>Whether nothing of the step will be accepted any more.</summary>
    public bool IsLost => _isLost;

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        _done.Dispose();
        _step.Dispose();
    }

    private async Task KeepAsync(IWorkflowStore store, WorkLease lease, WorkerVitals vitals, WorkerSettings settings)
    {
        using var timer = new PeriodicTimer(lease.Duration / RenewalsPerLease, settings.Time);
        while (true)
        {
            try
            {
                await timer.WaitForNextTickAsync(_done.Token).ConfigureAwait(false);
                if (!await store.RenewAsync(lease.Token, _done.Token).ConfigureAwait(false))
                {
                    _isLost = true;
                    await _step.CancelAsync().ConfigureAwait(false);
                    return;
                }

                await vitals.ReportAsync(health => health).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_done.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // The next renewal may succeed in time; if none does, the step is refused when it is committed.
                LogUnrenewed(settings.Logger, error, lease.Token.Run.Value, lease.Token.Item);
            }
        }
    }

    [LoggerMessage(EventId = 6463, Level = LogLevel.Warning, Message = "The lease of item {Item} of run '{Run}' could not be renewed")]
    private static partial void LogUnrenewed(ILogger logger, Exception error, string run, long item);
}
