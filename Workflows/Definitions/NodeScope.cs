using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>What a node sees of its run during one attempt.</summary>
/// <typeparam name="TContext">What the run's steps share.</typeparam>
public sealed class NodeScope<TContext>
{
    internal NodeScope(TContext context, HybridClock clock)
    {
        Context = context;
        Clock = clock;
    }

    /// <summary>
    /// The context as it was when the attempt began. Assign a changed one to change it: the change is committed with the step, or not at all.
    /// </summary>
    public TContext Context { get; set; }

    /// <summary>Stamps for what the node writes into the context.</summary>
    public HybridClock Clock { get; }

    /// <summary>Whom the node's changes of the context are counted for.</summary>
    public WriterId Writer => Clock.Writer;

    /// <summary>The node's name.</summary>
    public string Node { get; internal set; } = "";

    /// <summary>Which try at the item this is, from 1.</summary>
    public int Attempt { get; internal set; } = 1;
}
