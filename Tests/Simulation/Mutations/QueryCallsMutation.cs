using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Simulation.Invariants;

namespace OrleansFlow.Tests.Simulation.Mutations;

/// <summary>Calls to workers of queries of which some are broken.</summary>
internal sealed class QueryCallsMutation : Mutation
{
    /// <summary>Changes a plan on its way.</summary>
    public Action<TaskPlan> Plan { get; init; } = _ => { };

    /// <summary>Whether workers hear that a query has ended.</summary>
    public bool Cancels { get; init; } = true;

    /// <summary>Whether the grain hears which stages may make other rows when they run again.</summary>
    public bool TellsVolatile { get; init; } = true;

    public override IReadOnlyList<QueryStagePlan> QueryStages(IReadOnlyList<QueryStagePlan> stages) =>
        TellsVolatile ? stages : [.. stages.Select(stage => stage with { IsVolatile = false })];

    public override IQueryCalls QueryCalls(IQueryCalls calls) => new Broken(this, calls);

    private sealed class Broken(QueryCallsMutation how, IQueryCalls calls) : IQueryCalls
    {
        public Task SetAsync(string location, string token, SetPlansRequest request, CancellationToken cancellationToken)
        {
            var broken = request.Clone();
            foreach (var plan in broken.Plans)
            {
                how.Plan(plan);
            }

            return calls.SetAsync(location, token, broken, cancellationToken);
        }

        public Task CancelAsync(string location, string token, string queryId, string reason, TimeSpan timeout) =>
            how.Cancels ? calls.CancelAsync(location, token, queryId, reason, timeout) : Task.CompletedTask;

        public Task StopAsync(string location, string token, IEnumerable<TaskKey> tasks, string reason, TimeSpan timeout) => calls.StopAsync(location, token, tasks, reason, timeout);

        public IAsyncEnumerable<TaskReport> WatchAsync(string location, string token, string queryId, CancellationToken cancellationToken) =>
            calls.WatchAsync(location, token, queryId, cancellationToken);

        public IQueryRows ReadAsync(string location, string token, OutputRange range, CancellationToken cancellationToken) => calls.ReadAsync(location, token, range, cancellationToken);
    }
}
