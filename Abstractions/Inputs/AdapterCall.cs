using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workers;

namespace OrleansFlow.Inputs;

/// <summary>One use of an input adapter by one attempt. Its arguments agree with the adapter's schema.</summary>
public sealed class AdapterCall
{
    private readonly JsonElement _arguments;

    /// <summary>Makes a call.</summary>
    /// <param name="adapter">Name of the adapter.</param>
    /// <param name="arguments">The arguments: an object, or undefined for none.</param>
    /// <param name="context">The attempt.</param>
    /// <param name="position">Where to go on; null for the start.</param>
    public AdapterCall(string adapter, JsonElement arguments, RunContext context, string? position = null)
    {
        Adapter = adapter;
        _arguments = arguments;
        Context = context;
        Position = position;
    }

    /// <summary>Name of the adapter.</summary>
    public string Adapter { get; }

    /// <summary>The attempt.</summary>
    public RunContext Context { get; }

    /// <summary>
    /// The <see cref="InputBatch.Position"/> that came with the last accepted output of an earlier attempt: begin with the batch after it.
    /// Null: begin with the first. Set only for a handler with <see cref="RoleHandler.ResumesAfterAccepted"/>.
    /// </summary>
    public string? Position { get; }

    /// <summary>Whether an argument was given.</summary>
    public bool Has(string name) => TryGet(name, out _);

    /// <summary>A text.</summary>
    public string Text(string name, string fallback = "") => TryGet(name, out var value) ? value.GetString()! : fallback;

    /// <summary>A whole number.</summary>
    public long WholeNumber(string name, long fallback = 0) => TryGet(name, out var value) ? value.GetInt64() : fallback;

    /// <summary>A number.</summary>
    public double Number(string name, double fallback = 0) => TryGet(name, out var value) ? value.GetDouble() : fallback;

    /// <summary>True or false.</summary>
    public bool Boolean(string name, bool fallback = false) => TryGet(name, out var value) ? value.GetBoolean() : fallback;

    /// <summary>A list of texts; null when it was not given.</summary>
    public IReadOnlyList<string>? Texts(string name) =>
        TryGet(name, out var value) ? [.. value.EnumerateArray().Select(item => item.GetString()!)] : null;

    /// <summary>The value as it was given; undefined when it was not.</summary>
    public JsonElement Value(string name) => TryGet(name, out var value) ? value : default;

    /// <summary>What an adapter throws when an argument proves wrong in a way that its schema cannot say. Permanent.</summary>
    /// <param name="argument">Name of the argument.</param>
    /// <param name="problem">What is wrong with it, and the way out.</param>
    public FlowException Refuse(string argument, string problem) => new(
        FlowErrorCode.BadInputArgs, string.Create(CultureInfo.InvariantCulture, $"Argument '{argument}' of input adapter '{Adapter}': {problem}"));

    private bool TryGet(string name, out JsonElement value)
    {
        value = default;
        return _arguments.ValueKind == JsonValueKind.Object && _arguments.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }
}
