using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

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

    /// <summary>The signal that the item has waited for; <see langword="null"/> when it has not waited for any.</summary>
    public string? Signal { get; internal set; }

    /// <summary>True when that signal came; false when the wait for it ended without.</summary>
    public bool HasSignal { get; internal set; }

    internal Payload SignalPayload { get; set; }

    internal JsonSerializerOptions? Json { get; set; }

    /// <summary>Reads what the awaited signal carried.</summary>
    /// <typeparam name="T">What it carries.</typeparam>
    /// <param name="value">What it carried.</param>
    /// <returns>False when none came, or when it carried null: <see cref="HasSignal"/> tells the two apart.</returns>
    public bool TryGetSignal<T>([MaybeNullWhen(false)] out T value)
    {
        value = HasSignal ? JsonSerializer.Deserialize<T>(SignalPayload.Utf8.Span, Json) : default;
        return HasSignal && value is not null;
    }

    internal NodeScope<TContext> Copy() => (NodeScope<TContext>)MemberwiseClone();
}
