using System.Text.Json;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Migrations;

/// <summary>Says how runs of an older version move to the one that is being defined. Nodes that keep their name, kind and input need no rule.</summary>
/// <typeparam name="TContext">The context of the new version.</typeparam>
public sealed class MigrationRules<TContext>
    where TContext : IMergeable<TContext>
{
    private readonly Dictionary<string, MoveRule> _moves = new(StringComparer.Ordinal);

    internal MigrationRules(int version) => Version = version;

    internal int Version { get; }

    internal IEnumerable<MoveRule> Moves => _moves.Values;

    /// <summary>Makes the new context of the old run's; null where it stays.</summary>
    internal Func<WorkflowRunState, JsonSerializerOptions?, TContext>? ConvertContext { get; private set; }

    /// <summary>Items at a node go on at a node of another name, with the same input.</summary>
    /// <param name="from">The node's name in the old version.</param>
    /// <param name="to">Its name in the new one.</param>
    public MigrationRules<TContext> Rename(string from, string to) => Add(new MoveRule(from, to, Type: null, Convert: null));

    /// <summary>Items at a node go on with an input that is made of theirs; of a join, each item that has come.</summary>
    /// <typeparam name="TFrom">The old node's input; of a join, an item.</typeparam>
    /// <typeparam name="TTo">The new node's input; of a join, an item.</typeparam>
    /// <param name="from">The node's name in the old version.</param>
    /// <param name="to">The node's name in the new one.</param>
    /// <param name="input">Makes the new input.</param>
    public MigrationRules<TContext> Move<TFrom, TTo>(string from, string to, Func<TFrom, TTo> input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Add(new MoveRule(from, to, typeof(TTo), (payload, json) =>
            new Payload(JsonSerializer.SerializeToUtf8Bytes(input(JsonSerializer.Deserialize<TFrom>(payload.Utf8.Span, json)!), json))));
    }

    /// <summary>Items at a node end there.</summary>
    /// <param name="from">The node's name in the old version.</param>
    public MigrationRules<TContext> Drop(string from) => Add(new MoveRule(from, To: null, Type: null, Convert: null));

    /// <summary>Makes the new context of the old one; without this rule the old one has to read as the new type.</summary>
    /// <typeparam name="TFrom">The old version's context type.</typeparam>
    /// <param name="convert">Makes the new context.</param>
    public MigrationRules<TContext> Context<TFrom>(Func<TFrom, TContext> convert)
        where TFrom : IMergeable<TFrom>
    {
        ArgumentNullException.ThrowIfNull(convert);
        ConvertContext = (run, json) => convert(RunContext.Read<TFrom>(run, json));
        return this;
    }

    internal MoveRule? RuleOf(string node) => _moves.GetValueOrDefault(node);

    private MigrationRules<TContext> Add(MoveRule rule)
    {
        ArgumentException.ThrowIfNullOrEmpty(rule.From);
        if (!_moves.TryAdd(rule.From, rule))
        {
            throw new ArgumentException($"There are two rules for node '{rule.From}' of version {Version}; keep one.");
        }

        return this;
    }
}

/// <summary>What becomes of the items at one node.</summary>
/// <param name="From">The node's name in the old version.</param>
/// <param name="To">Its name in the new one; null: they are dropped.</param>
/// <param name="Type">What the new node has to take; null: whatever it takes.</param>
/// <param name="Convert">Makes the new input; null: it stays.</param>
internal sealed record MoveRule(string From, string? To, Type? Type, Func<Payload, JsonSerializerOptions?, Payload>? Convert);
