using System.Text.Json;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Client.Workflows.Stores;

/// <content>Updates, resets and migrations.</content>
public sealed partial class GrainWorkflowStore
{
    /// <inheritdoc/>
    public async ValueTask<Payload> UpdateRunAsync(RunId run, string name, Payload argument, string id, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(id);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await CallAsync(() => Run(run).UpdateAsync(name, argument, id, cancellationToken)).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // No worker has answered yet; by its id it is one update, however often it is asked for.
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> ResetRunAsync(RunId run, long item, CancellationToken cancellationToken) =>
        SettledAsync(run, () => Run(run).SteerAsync(new WorkflowSteering(WorkflowSteer.Reset, Item: item), cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> MigrateRunAsync(RunId run, MigrationPlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var json = new Payload(JsonSerializer.SerializeToUtf8Bytes(plan));
        return SettledAsync(run, () => Run(run).MigrateAsync(json, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunState?> GetStateAsync(RunId run, CancellationToken cancellationToken)
    {
        var json = await OrNullAsync(async () => new StrongBox(await Run(run).GetStateAsync(cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
        return json is null ? null : WorkflowRunJson.Read(json.State.Utf8.Span);
    }

    private sealed record StrongBox(Payload State);
}
