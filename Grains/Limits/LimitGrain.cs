using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Limits;
using OrleansFlow.Limits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Limits;

/// <summary>A limit over several queues: a thin shell around <see cref="SharedLimit"/>.</summary>
/// <remarks>
/// Re-entrant: queues are told while others report. What is stored is who ever held a part, before it gets one, so that the next life knows whom
/// to ask; all else is known by the queues themselves.
/// </remarks>
[Reentrant]
internal sealed partial class LimitGrain(
    [PersistentState("limit", FlowGrainStorage.Name)] IPersistentState<LimitGrainState> state,
    IOptions<LimitOptions> limits,
    ILogger<LimitGrain> logger) : Grain, ILimitGrain
{
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);
    private readonly HashSet<string> _toTell = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _telling = new(StringComparer.Ordinal);
    private SharedLimit _limit = new([]);
    private Task _writing = Task.CompletedTask;
    private bool _hasFailed;
    private IGrainTimer? _timer;

    private string Scope => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _stored.UnionWith(state.State.Queues);
        _limit = new SharedLimit(state.State.Queues, Scope == LimitScopes.All ? limits.Value.Total : null);
        foreach (var queue in _limit.Silent)
        {
            BeginAsking(queue);
        }

        SetTimer();
        return Task.CompletedTask;
    }

    public async Task<LimitGrant> ReportAsync(string queue, LimitReport report, CancellationToken cancellationToken)
    {
        await RememberAsync(queue);
        Take(queue, report, answersUs: false);
        return GrantOf(queue);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _toTell.Clear();
        await Task.WhenAll(_telling.Values);
        if (!_hasFailed && state.RecordExists && !_limit.Holding.Any())
        {
            try
            {
                await state.ClearStateAsync(CancellationToken.None);
            }
            catch (Exception exception)
            {
                // The next life asks queues that hold nothing: no harm.
                LogNotCleared(exception, Scope);
            }
        }
    }

    private void Take(string queue, LimitReport report, bool answersUs)
    {
        foreach (var other in _limit.Report(queue, new ShareReport(report.Sequence, report.Most, report.Wanted, report.Limit), answersUs))
        {
            BeginTelling(other);
        }

        SetTimer();
    }

    private LimitGrant GrantOf(string queue)
    {
        var grant = _limit.GrantOf(queue);
        return new LimitGrant(grant.Sequence, grant.Allowance, grant.Target, grant.IsOpen);
    }

    /// <summary>Stores that a queue may hold a part, before it does. Writes follow one another; what comes meanwhile goes with the next.</summary>
    private async Task RememberAsync(string queue)
    {
        if (_stored.Contains(queue))
        {
            return;
        }

        if (!state.State.Queues.Contains(queue))
        {
            state.State.Queues = [.. state.State.Queues, queue];
        }

        while (!_stored.Contains(queue))
        {
            if (_hasFailed)
            {
                throw new IOException($"Limit '{Scope}' is read again, because a write of it failed.");
            }

            if (_writing.IsCompleted)
            {
                _writing = WriteAsync([.. state.State.Queues]);
            }

            await _writing;
        }
    }

    private async Task WriteAsync(List<string> queues)
    {
        try
        {
            await state.WriteStateAsync(CancellationToken.None);
            _stored.UnionWith(queues);
        }
        catch (Exception)
        {
            // What is stored is not known: the next life reads it.
            _hasFailed = true;
            DeactivateOnIdle();
            throw;
        }
    }

    private void BeginTelling(string queue)
    {
        _toTell.Add(queue);
        if (!_telling.TryGetValue(queue, out var telling) || telling.IsCompleted)
        {
            _telling[queue] = TellAsync(queue);
        }
    }

    /// <summary>Never fails: what was not heard is told again with the next tick, for as long as it matters.</summary>
    private async Task TellAsync(string queue)
    {
        await Task.Yield();
        try
        {
            while (_toTell.Remove(queue))
            {
                var answer = await GrainFactory.GetGrain<IRoleQueueGrain>(queue).TellLimitAsync(Scope, GrantOf(queue), CancellationToken.None);
                if (answer is not null)
                {
                    // It listens to what answers this, and to nothing else.
                    Take(queue, answer, answersUs: true);
                    _toTell.Add(queue);
                }
            }
        }
        catch (Exception exception)
        {
            LogNotTold(exception, Scope, queue);
        }
    }

    private void BeginAsking(string queue)
    {
        if (!_telling.TryGetValue(queue, out var telling) || telling.IsCompleted)
        {
            _telling[queue] = AskAsync(queue);
        }
    }

    private async Task AskAsync(string queue)
    {
        await Task.Yield();
        try
        {
            if (await GrainFactory.GetGrain<IRoleQueueGrain>(queue).TellLimitAsync(Scope, null, CancellationToken.None) is { } answer)
            {
                Take(queue, answer, answersUs: true);
                _toTell.Add(queue);
            }
        }
        catch (Exception exception)
        {
            LogNotTold(exception, Scope, queue);
        }

        if (_toTell.Contains(queue))
        {
            await TellAsync(queue);
        }
    }

    private void SetTimer()
    {
        var isNeeded = _limit.Silent.Count > 0 || _limit.IsContended;
        if (isNeeded && _timer is null)
        {
            _timer = this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TickPeriod, TickPeriod) { Interleave = true, KeepAlive = true });
        }
        else if (!isNeeded)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private Task TickAsync(CancellationToken cancellationToken)
    {
        foreach (var queue in _limit.Silent)
        {
            BeginAsking(queue);
        }

        foreach (var queue in _limit.Overdue())
        {
            BeginTelling(queue);
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(EventId = 2170, Level = LogLevel.Warning, Message = "Limit {Scope} could not tell queue {Queue} of its part; it is told again")]
    private partial void LogNotTold(Exception exception, string scope, string queue);

    [LoggerMessage(EventId = 2171, Level = LogLevel.Warning, Message = "Limit {Scope} could not forget the queues that held a part; they are asked once in its next life")]
    private partial void LogNotCleared(Exception exception, string scope);
}
