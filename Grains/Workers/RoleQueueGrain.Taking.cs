using System.Runtime.CompilerServices;
using OrleansFlow.Decisions.Queues;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workers;

/// <content>Workers that ask for steps one by one: those of a store of workflow runs, which have no session.</content>
internal sealed partial class RoleQueueGrain
{
    /// <summary>Entries that one call finds to be not ready before it gives up.</summary>
    private const int LooksMax = 64;

    private readonly CommitSignal _readySignal = new();
    private long _readyNews;
    private int _watchers;

    public async Task<WorkflowStepLease?> TakeStepAsync(WorkerId worker, string session, CancellationToken cancellationToken)
    {
        await _store.MarkKnownAsync();
        for (var look = 0; look < LooksMax && (_unheard.Count == 0 || !CountsStandalone); look++)
        {
            var taken = new List<ReadyTask>(1);
            _book.Take(1, NextCheckUtc(), taken);
            ReportLimits(isLate: false);
            if (taken.Count == 0)
            {
                break;
            }

            BeginAssigning(taken);
            try
            {
                if (taken[0].TaskId is { IsWorkflow: true } task
                    && await GrainFactory.GetGrain<IWorkflowStepGrain>(task.RunId.Value).TakeAsync(task.Index, worker, session, CancellationToken.None) is { } lease)
                {
                    EndAssigning(taken);
                    ResolveDoubts();
                    return lease;
                }
            }
            catch
            {
                // Whether it was leased is not known; its owner is asked in time.
                EndAssigning(taken);
                _book.CheckAt(taken[0].TaskId, _clock.GetUtcNow() + TickPeriod);
                ResolveDoubts();
                throw;
            }

            EndAssigning(taken);
            await ResolveAsync(taken[0].TaskId);
            ResolveDoubts();
        }

        return null;
    }

    public async IAsyncEnumerable<int> WatchReadyAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _watchers++;
        try
        {
            while (true)
            {
                var seen = _readyNews;
                yield return _book.ReadyCount;
                if (seen == _readyNews)
                {
                    await _readySignal.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            _watchers--;
        }
    }

    private void TellWatchers()
    {
        if (_watchers > 0 && _book.ReadyCount > 0)
        {
            _readyNews++;
            _readySignal.Pulse();
        }
    }
}
