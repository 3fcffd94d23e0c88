using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>What a node sees of its run during one attempt.</summary>
/// <typeparam name="TContext">What the run's steps share.</typeparam>
public sealed class NodeScope<TContext>
{
    internal NodeScope(TContext context, HybridClock clock, TimeProvider time)
    {
        Context = context;
        Clock = clock;
        Time = time;
    }

    /// <summary>
    /// The context as it was when the attempt began. Assign a changed one to change it: the change is committed with the step, or not at all.
    /// </summary>
    public TContext Context { get; set; }

    /// <summary>Stamps for what the node writes into the context.</summary>
    public HybridClock Clock { get; private set; }

    /// <summary>Whom the node's changes of the context are counted for.</summary>
    public WriterId Writer => Clock.Writer;

    /// <summary>The wall clock of the run.</summary>
    public TimeProvider Time { get; }

    /// <summary>The node's name.</summary>
    public string Node { get; internal set; } = "";

    /// <summary>The run's id; empty for a run in memory. With <see cref="Item"/> it names one step over all its attempts: a key for effects on the world.</summary>
    public string RunId { get; internal set; } = "";

    /// <summary>The item's number in its run, from 1; the same over all attempts and suspensions.</summary>
    public long Item { get; internal set; }

    /// <summary>Which try at the item this is, from 1.</summary>
    public int Attempt { get; internal set; } = 1;

    /// <summary>
    /// A scope of the worker's services for this step, or <see cref="Local.LocalRunOptions.Services"/>; <see langword="null"/> where there are none. A
    /// worker makes scopes for workflows with a node that uses them: see <see cref="WorkflowNode{TIn, TOut, TContext}.UsesServices"/>.
    /// </summary>
    public IServiceProvider? Services { get; internal set; }

    /// <summary>The signal that the item has waited for; <see langword="null"/> when it has not waited for any.</summary>
    public string? Signal => Wake?.Signal;

    /// <summary>True when that signal came; false when the wait for it ended without.</summary>
    public bool HasSignal => Wake?.HasSignal == true;

    /// <summary>True when the node runs again after a <see cref="Suspension"/>.</summary>
    public bool HasState => Wake is { } wake && (wake.Saved is not null || !wake.SavedPayload.IsDefault);

    /// <summary>How the child runs ended that the node has waited for, in the order in which it named them; empty when it has not.</summary>
    public IReadOnlyList<ChildOutcome> Children => Wake is { } wake ? [.. wake.Children.Select(child => new ChildOutcome(child, Json))] : [];

    internal NodeWake? Wake { get; set; }

    internal StepEffects Effects { get; set; } = StepEffects.None;

    internal JsonSerializerOptions? Json { get; set; }

    internal ILogger? Logger { get; set; }

    /// <summary>Starts a child run when the step is committed, and goes on without it. To wait for its end, see <see cref="Suspension.OnChildren"/>.</summary>
    /// <param name="child">What to start.</param>
    public void StartChild(ChildStart child)
    {
        ArgumentNullException.ThrowIfNull(child);
        Effects = Effects with { Children = Effects.Children.Add(child) };
    }

    /// <summary>Sets what the run can be found by, when the step is committed. Runs in memory have no such thing.</summary>
    /// <param name="name">The attribute's name, at most <see cref="RunAttributes.MaxNameLength"/> characters.</param>
    /// <param name="value">Its value, at most <see cref="RunAttributes.MaxValueLength"/> characters; <see langword="null"/> takes it away.</param>
    public void SetAttribute(string name, string? value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Effects = Effects with { Attributes = Effects.Attributes.Add(new(name, value)) };
    }

    /// <summary>Reads what the awaited signal carried.</summary>
    /// <typeparam name="T">What it carries.</typeparam>
    /// <param name="value">What it carried.</param>
    /// <returns>False when none came, or when it carried null: <see cref="HasSignal"/> tells the two apart.</returns>
    public bool TryGetSignal<T>([MaybeNullWhen(false)] out T value)
    {
        value = HasSignal ? JsonSerializer.Deserialize<T>(Wake!.SignalPayload.Utf8.Span, Json) : default;
        return HasSignal && value is not null;
    }

    /// <summary>Reads what the node saved when it suspended itself; see <see cref="Suspension"/>.</summary>
    /// <typeparam name="T">What was saved; the type that was said then.</typeparam>
    /// <param name="state">What was saved.</param>
    /// <returns>False in the item's first run, or when null was saved, which is nothing.</returns>
    public bool TryGetState<T>([MaybeNullWhen(false)] out T state)
    {
        state = Wake switch
        {
            { Saved: SavedState<T> saved } => saved.Value,
            { Saved: { } saved } => Read(saved.Write(Json)),
            { SavedPayload: { IsDefault: false } payload } => Read(payload),
            _ => default,
        };
        return state is not null && HasState;

        T? Read(Payload payload) => JsonSerializer.Deserialize<T>(payload.Utf8.Span, Json);
    }

    internal NodeScope<TContext> Copy() => (NodeScope<TContext>)MemberwiseClone();

    /// <summary>The same attempt as seen by another writer.</summary>
    internal NodeScope<TContext> CopyFor(WriterId writer)
    {
        var copy = Copy();
        copy.Clock = Clock.For(writer);
        copy.Effects = StepEffects.None;
        return copy;
    }
}
