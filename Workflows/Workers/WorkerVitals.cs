using Microsoft.Extensions.Logging;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>How a loop is, and the news of it to the store. Telling must never hold work up: a failure is logged, and the next report tells all.</summary>
internal sealed partial class WorkerVitals(IWorkflowStore store, WorkerSettings settings, WorkerHealth first)
{
    private readonly Lock _gate = new();
    private WorkerHealth _health = first;
    private bool _isReported;

    public WorkerHealth Health
    {
        get
        {
            lock (_gate)
            {
                return _health;
            }
        }
    }

    /// <summary>Changes what is known of the loop, and tells the store.</summary>
    public async ValueTask ReportAsync(Func<WorkerHealth, WorkerHealth> change)
    {
        WorkerHealth health;
        lock (_gate)
        {
            health = _health = change(_health) with { LastHeartbeatUtc = settings.Time.GetUtcNow() };
            _isReported = true;
        }

        try
        {
            await store.ReportWorkerAsync(health, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogUnreported(settings.Logger, error, health.Id.Value);
        }
    }

    /// <summary>Says that the loop is alive, unless it has just said so.</summary>
    public ValueTask ReportIfSilentAsync()
    {
        lock (_gate)
        {
            if (_isReported && settings.Time.GetUtcNow() - _health.LastHeartbeatUtc < settings.IdleWait / 2)
            {
                return default;
            }
        }

        return ReportAsync(health => health);
    }

    [LoggerMessage(EventId = 6462, Level = LogLevel.Warning, Message = "The health of worker loop '{Worker}' could not be reported")]
    private static partial void LogUnreported(ILogger logger, Exception error, string worker);
}
