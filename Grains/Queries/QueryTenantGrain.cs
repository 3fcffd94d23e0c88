using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Queries;

namespace OrleansFlow.Grains.Queries;

/// <summary>Whose turn it is: a thin shell around <see cref="TenantAdmissions"/>.</summary>
/// <remarks>Re-entrant: those that wait are answered while others come and go.</remarks>
[Reentrant]
internal sealed class QueryTenantGrain(IOptions<DistributedQueryOptions> options, LeaseClock clock) : Grain, IQueryTenantGrain
{
    private readonly TenantRules _rules = new(
        options.Value.ConcurrentMax, options.Value.QueuedMax, options.Value.QueueWait, options.Value.TenantMemoryBytesMax, options.Value.ForgetAfter);

    private TenantAdmissions _admissions = TenantAdmissions.Empty;
    private TaskCompletionSource _changed = NewSignal();

    public async Task<QueryTurn> AskAsync(string query, long memoryBytes, TimeSpan wait, CancellationToken cancellationToken)
    {
        var answer = Ask(query, memoryBytes);
        if (answer is { IsAdmitted: false, Refused: null } && wait > TimeSpan.Zero)
        {
            await Task.WhenAny(InTurnAsync(_changed.Task), InTurnAsync(Task.Delay(wait, clock, cancellationToken)));
            cancellationToken.ThrowIfCancellationRequested();

            // Others came and went meanwhile, so it is asked for anew.
            answer = Ask(query, memoryBytes);
        }

        return answer.Refused is { } refused
            ? throw new FlowException(
                FlowErrorCode.LimitExceeded,
                $"Tenant '{this.GetPrimaryKeyString()}': {refused} {DistributedQueryOptions.SectionName}:{nameof(DistributedQueryOptions.ConcurrentMax)} and {nameof(DistributedQueryOptions.QueuedMax)} are the bounds.")
            : new QueryTurn(answer.IsAdmitted, answer.Position);
    }

    public Task LeaveAsync(string query, CancellationToken cancellationToken)
    {
        Set(_admissions.Leave(query, _rules));
        return Task.CompletedTask;
    }

    public Task<QueryTurns> ListAsync(CancellationToken cancellationToken)
    {
        Set(_admissions.Forget(_rules, clock.GetUtcNow()));
        return Task.FromResult(new QueryTurns([.. _admissions.Running.Select(claim => claim.Query)], [.. _admissions.Waiting.Select(claim => claim.Query)]));
    }

    // Seen on the grain's scheduler, also by whoever combines it with others.
    private static async Task InTurnAsync(Task task) => await task;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TenantAnswer Ask(string query, long memoryBytes)
    {
        var (admissions, answer) = _admissions.Ask(query, memoryBytes, _rules, clock.GetUtcNow());
        Set(admissions);
        return answer;
    }

    private void Set(TenantAdmissions admissions)
    {
        var moved = admissions.Running.Length != _admissions.Running.Length || admissions.Waiting.Length < _admissions.Waiting.Length;
        _admissions = admissions;
        if (moved)
        {
            var changed = _changed;
            _changed = NewSignal();
            changed.SetResult();
        }
    }
}
