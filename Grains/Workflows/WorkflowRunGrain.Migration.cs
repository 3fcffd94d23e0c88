using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>How a run moves to a newer version of its workflow. The plan is made by whoever knows the user's types.</content>
internal sealed partial class WorkflowRunGrain
{
    public Task<Payload> GetStateAsync(CancellationToken cancellationToken) => Task.FromResult(new Payload(WorkflowRunJson.Write(Require())));

    public async Task<WorkflowRunView> MigrateAsync(Payload plan, CancellationToken cancellationToken)
    {
        var read = PlanOf(plan);
        if (WorkflowMigration.Problem(Require(), read) is { } problem)
        {
            throw new FlowException(Require() is { IsFinal: true, Left: null } ? FlowErrorCode.AlreadyEnded : FlowErrorCode.BadInput, problem);
        }

        var workflow = read.Workflow;
        await GrainFactory.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(workflow.Name, workflow.Version))
            .RegisterAsync(new Payload(workflow.ToUtf8()), cancellationToken);
        var kept = await _definitions.RequireAsync(GrainFactory, workflow.Name, workflow.Version, cancellationToken);

        // What is being written is of the old version, and so is what it makes ready.
        while (!ReferenceEquals(_pump!.Committed, Require()))
        {
            await _pump.FlushAsync();
        }

        var turn = new WorkflowRunTurn(Require());
        Require(turn.Do(new WorkflowCommand.Migrate(read with { Workflow = kept }), _clock.GetUtcNow()));
        LeaveQueues();
        _contexts?.Clear();
        _owesNews = true;
        await StageAsync(turn);
        return ViewOf(_pump!.Committed);
    }

    private static MigrationPlan PlanOf(Payload plan)
    {
        try
        {
            return JsonSerializer.Deserialize<MigrationPlan>(plan.Utf8.Span) ?? throw new JsonException("It is null.");
        }
        catch (Exception error) when (error is JsonException or ArgumentException or NotSupportedException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"This is no plan of a migration: {error.Message}", error);
        }
    }

    /// <summary>The new version's items have queues of their own. What an old queue hands out all the same is handed back by its worker.</summary>
    private void LeaveQueues()
    {
        foreach (var mail in _owedToQueues?.Values.ToList() ?? [])
        {
            mail.Ready.Clear();
        }

        foreach (var (item, role) in _queued ?? [])
        {
            Owe(role).Ended.Add(item);
        }

        _queued?.Clear();
        _ready.Clear();
    }
}
