using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace OrleansFlow.Decisions.Expressions;

/// <summary>A value of the expression language: null, a truth value, a number, a text, a list or an object. Default: null.</summary>
/// <remarks>Numbers are IEEE 754 doubles, as in JSON by RFC 8259, section 6: whole numbers are exact up to 2^53.</remarks>
public readonly struct ExpressionValue : IEquatable<ExpressionValue>
{
    private readonly double _number;
    private readonly object? _reference;

    private ExpressionValue(ExpressionValueKind kind, double number, object? reference)
    {
        Kind = kind;
        _number = number;
        _reference = reference;
    }

    /// <summary>What it is.</summary>
    public ExpressionValueKind Kind { get; }

    /// <summary>No value.</summary>
    public static ExpressionValue Null => default;

    /// <summary>True for null, which a missing path gives too.</summary>
    public bool IsNull => Kind == ExpressionValueKind.Null;

    /// <summary>What a condition makes of it: only <c>true</c> is true.</summary>
    public bool IsTrue => Kind == ExpressionValueKind.Boolean && _number != 0;

    /// <summary>The number; NaN for anything else.</summary>
    public double Number => Kind == ExpressionValueKind.Number ? _number : double.NaN;

    /// <summary>The text; empty for anything else.</summary>
    public string Text => _reference as string ?? "";

    /// <summary>The list's items; empty for anything else.</summary>
    public ImmutableArray<ExpressionValue> Items => _reference is ImmutableArray<ExpressionValue> items ? items : [];

    /// <summary>A truth value.</summary>
    public static ExpressionValue Of(bool value) => new(ExpressionValueKind.Boolean, value ? 1 : 0, null);

    /// <summary>A number.</summary>
    public static ExpressionValue Of(double value) => new(ExpressionValueKind.Number, value, null);

    /// <summary>A text, or null.</summary>
    public static ExpressionValue Of(string? value) => value is null ? Null : new(ExpressionValueKind.Text, 0, value);

    /// <summary>A list.</summary>
    public static ExpressionValue Of(ImmutableArray<ExpressionValue> items) => new(ExpressionValueKind.List, 0, items);

    /// <summary>An object.</summary>
    public static ExpressionValue Of(IExpressionScope members) => new(ExpressionValueKind.Map, 0, members);

    /// <summary>What a JSON value is here; lists are read at once, objects when asked.</summary>
    public static ExpressionValue Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.True => Of(true),
        JsonValueKind.False => Of(false),
        JsonValueKind.Number => Of(json.GetDouble()),
        JsonValueKind.String => Of(json.GetString()),
        JsonValueKind.Array => Of([.. json.EnumerateArray().Select(Of)]),
        JsonValueKind.Object => Of(new JsonScope(json)),
        _ => Null,
    };

    /// <summary>A member of an object, or an item of a list by its number from 0; null when there is none.</summary>
    public ExpressionValue Member(string name)
    {
        if (_reference is IExpressionScope scope)
        {
            return scope.Find(name);
        }

        return Kind == ExpressionValueKind.List && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < Items.Length
            ? Items[index]
            : Null;
    }

    /// <summary>Characters of a text, items of a list, members of an object; null for anything else.</summary>
    public int? Count() => Kind switch
    {
        ExpressionValueKind.Text => Text.Length,
        ExpressionValueKind.List => Items.Length,
        ExpressionValueKind.Map => ((IExpressionScope)_reference!).Count,
        _ => null,
    };

    /// <summary>Equal in kind and value; texts by ordinal, lists item by item, objects only when they are the same one.</summary>
    public bool Equals(ExpressionValue other) => Kind == other.Kind && Kind switch
    {
        ExpressionValueKind.Null => true,
        ExpressionValueKind.Text => string.Equals(Text, other.Text, StringComparison.Ordinal),
        ExpressionValueKind.List => Items.AsSpan().SequenceEqual(other.Items.AsSpan()),
        ExpressionValueKind.Map => ReferenceEquals(_reference, other._reference) || Equals(_reference, other._reference),
        _ => _number.Equals(other._number),
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ExpressionValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind switch
    {
        ExpressionValueKind.Text => Text.GetHashCode(StringComparison.Ordinal),
        ExpressionValueKind.List => Items.Length,
        _ => HashCode.Combine(Kind, _number),
    };

    /// <summary>Equal in kind and value.</summary>
    public static bool operator ==(ExpressionValue left, ExpressionValue right) => left.Equals(right);

    /// <summary>Different in kind or value.</summary>
    public static bool operator !=(ExpressionValue left, ExpressionValue right) => !left.Equals(right);

    /// <summary>Writes it as JSON. An object that is not JSON itself, as a node of a run, has no members there.</summary>
    internal void WriteTo(Utf8JsonWriter writer)
    {
        switch (Kind)
        {
            case ExpressionValueKind.Boolean:
                writer.WriteBooleanValue(IsTrue);
                break;
            case ExpressionValueKind.Number:
                writer.WriteNumberValue(_number);
                break;
            case ExpressionValueKind.Text:
                writer.WriteStringValue(Text);
                break;
            case ExpressionValueKind.List:
                writer.WriteStartArray();
                foreach (var item in Items)
                {
                    item.WriteTo(writer);
                }

                writer.WriteEndArray();
                break;
            case ExpressionValueKind.Map when _reference is JsonScope json:
                json.WriteTo(writer);
                break;
            case ExpressionValueKind.Map when _reference is Variables.RunVariables variables:
                writer.WriteRawValue(variables.ToJson());
                break;
            case ExpressionValueKind.Map:
                writer.WriteStartObject();
                writer.WriteEndObject();
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    /// <summary>The order of two numbers or two texts; null for anything else, which no order comparison holds for.</summary>
    internal int? CompareTo(ExpressionValue other) => (Kind, other.Kind) switch
    {
        (ExpressionValueKind.Number, ExpressionValueKind.Number) => _number.CompareTo(other._number),
        (ExpressionValueKind.Text, ExpressionValueKind.Text) => string.CompareOrdinal(Text, other.Text),
        _ => null,
    };

    private sealed class JsonScope(JsonElement json) : IExpressionScope, IEquatable<JsonScope>
    {
        private readonly JsonElement _json = json;

        public int Count => _json.GetPropertyCount();

        public ExpressionValue Find(string name) => _json.TryGetProperty(name, out var member) ? Of(member) : Null;

        public void WriteTo(Utf8JsonWriter writer) => _json.WriteTo(writer);

        public bool Equals(JsonScope? other) => other is not null && JsonElement.DeepEquals(_json, other._json);

        public override bool Equals(object? obj) => Equals(obj as JsonScope);

        public override int GetHashCode() => Count;
    }
}
