using System.Buffers;
using System.Text.Json;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Runs of a workflow of two nodes, and a worker's half that the test plays itself.</summary>
internal static class WorkflowRuns
{
    public const string Session = "s";

    public static readonly WorkerId Worker = new("w1");

    public static CompiledWorkflow Flow { get; } = Define();

    /// <summary>One node that leads to itself, or ends.</summary>
    public static CompiledWorkflow Loop { get; } = DefineLoop();

    public static async Task<IWorkflowRunGrain> StartAsync(FlowCluster cluster, string id, CompiledWorkflow? workflow = null)
    {
        workflow ??= Flow;
        await cluster.Grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(workflow.Name, 1)).RegisterAsync(new Payload(workflow.ToUtf8()), FlowCluster.Token);
        var run = cluster.Grains.GetGrain<IWorkflowRunGrain>(id);
        Assert.True(await run.StartAsync(Begin("1", workflow), FlowCluster.Token));
        return run;
    }

    public static WorkflowStart Begin(string input, CompiledWorkflow? workflow = null) =>
        new() { Workflow = (workflow ?? Flow).Name, Version = 1, Hash = (workflow ?? Flow).Hash, Input = Payload.FromJson(input) };

    public static async Task<LeaseGrant> GrantAsync(IWorkflowRunGrain run, string id, long item) =>
        Assert.Single(await run.GrantManyAsync([TaskId.OfWorkflow(new RunId(id), item)], Worker, Session, FlowCluster.Token))!;

    public static StepOutcome Next(int node, string input) => new() { Successors = [new ItemSeed(node, Payload.FromJson(input))] };

    public static StepOutcome Output(string value) => new() { Outputs = [Payload.FromJson(value)] };

    public static async Task<EffectReceipt> CompleteAsync(IWorkflowRunGrain run, LeaseGrant lease, StepOutcome proposed)
    {
        var step = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(step))
        {
            StepOutcomeJson.Write(writer, proposed);
        }

        var outcome = new AttemptOutcome { Token = lease.Token, End = AttemptEnd.Completed, Step = new Payload(step.WrittenMemory) };
        return Assert.Single(await run.CompleteManyAsync([outcome], Worker, Session, FlowCluster.Token));
    }

    private static CompiledWorkflow DefineLoop()
    {
        var flow = new Workflow<NoContext>("loop");
        var step = flow.Node<int, int>("step", (value, _) => value + 1).End();
        step.To(step);
        return flow.Start(step).Build<int, int>().Compiled;
    }

    private static CompiledWorkflow Define()
    {
        var flow = new Workflow<NoContext>("flow");
        var first = flow.Node<int, int>("first", (value, _) => value + 1);
        var second = flow.Node<int, int>("second", (value, _) => value + 1).End();
        first.To(second);
        return flow.Start(first).Build<int, int>().Compiled;
    }
}
