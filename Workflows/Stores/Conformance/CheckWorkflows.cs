using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Stores.Conformance;

/// <summary>Shapes of workflows that the checks need. Their nodes never run: the checks present the outcomes.</summary>
internal static class CheckWorkflows
{
    /// <summary>a, b, c one after the other; c ends.</summary>
    public static CompiledWorkflow Chain { get; } = ChainOf("chain", 1);

    /// <summary>As <see cref="Chain"/>, but another version.</summary>
    public static CompiledWorkflow SecondVersion { get; } = ChainOf("chain", 2);

    /// <summary>As <see cref="Chain"/> by name and version, but with other nodes.</summary>
    public static CompiledWorkflow ChangedChain { get; } = Define("chain", flow => flow.Start(flow.Node<int, int>("a", (value, _) => value).End()));

    /// <summary>One step.</summary>
    public static CompiledWorkflow Single { get; } = Define("single", flow => flow.Start(flow.Node<int, int>("a", (value, _) => value).End()));

    /// <summary>One step, and an update "add".</summary>
    public static CompiledWorkflow WithUpdate { get; } = Define("with-update", flow =>
        flow.Update<int, int>("add", (_, _) => null, (value, _) => value).Start(flow.Node<int, int>("a", (value, _) => value).End()));

    /// <summary>A node that leads to itself and ends.</summary>
    public static CompiledWorkflow Loop { get; } = Define("loop", flow =>
    {
        var again = flow.Node<int, int>("again", (value, _) => value);
        again.Branch(arms => arms.When(value => value > 0, again, "again").Otherwise(flow.Node<int, int>("last", (value, _) => value).End()));
        flow.Start(again);
    });

    /// <summary>"split" leads to "work", which ends.</summary>
    public static CompiledWorkflow Split { get; } = Define("split", flow =>
        flow.Start(flow.Node<int, int>("split", (value, _) => value).To(flow.Node<int, int>("work", (value, _) => value).End())));

    /// <summary>"a" leads to "left" and "right", which end.</summary>
    public static CompiledWorkflow TwoEnds { get; } = Define("two-ends", flow => flow.Start(flow.Node<int, int>("a", (value, _) => value).To(
        flow.Node<int, int>("left", (value, _) => value).End(), flow.Node<int, int>("right", (value, _) => value).End())));

    /// <summary>"plain" leads to "special", which is for the role "gpu".</summary>
    public static CompiledWorkflow WithRole { get; } = Define("with-role", flow => flow.Start(
        flow.Node<int, int>("plain", (value, _) => value).To(flow.Node<int, int>("special", (value, _) => value).Role("gpu").End())));

    /// <summary>"split" leads to "work", of which two may be done at a time.</summary>
    public static CompiledWorkflow WithKey { get; } = Define("with-key", flow => flow.Start(
        flow.Node<int, int>("split", (value, _) => value).To(flow.Node<int, int>("work", (value, _) => value).ConcurrencyKey("printer", 2).End())));

    /// <summary>One step with a policy of its own: 2 attempts, 5 s between them.</summary>
    public static CompiledWorkflow OwnRetry { get; } = Define("own-retry", flow => flow.Start(flow.Node<int, int>("a", (value, _) => value)
        .Retry(new StepRetryPolicy { MaxAttempts = 2, InitialBackoff = TimeSpan.FromSeconds(5) }).End()));

    private static CompiledWorkflow ChainOf(string name, int version) => Define(name, flow => flow.Start(flow.Node<int, int>("a", (value, _) => value).To(
        flow.Node<int, int>("b", (value, _) => value).To(flow.Node<int, int>("c", (value, _) => value).End()))), version);

    private static CompiledWorkflow Define(string name, Action<Workflow<NoContext>> define, int version = 1)
    {
        var flow = new Workflow<NoContext>(name, version);
        define(flow);
        return flow.Build<int, int>().Compiled;
    }
}
