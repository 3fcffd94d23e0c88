#pragma warning disable CA1051 // Public fields are among what is tested.
using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Tests.Embedded.Serialization;

[GenerateSerializer, Alias("test.LeaseToken"), Immutable]
public readonly record struct LeaseToken([property: Id(0)] string TaskId, [property: Id(1)] long Epoch);

/// <summary>Immutable by its members, without saying so.</summary>
[GenerateSerializer]
public sealed record Point([property: Id(0)] int X, [property: Id(1)] int Y, [property: Id(2)] string? Name = null);

/// <summary>Parameters have implicit ids; the body has its own number space.</summary>
[GenerateSerializer]
public record Shape(string Color, Point Origin)
{
    [Id(0)]
    public int Layer { get; init; } = 7;
}

[GenerateSerializer]
public sealed record Circle(string Color, Point Origin, double Radius) : Shape(Color, Origin)
{
    [Id(0)]
    public List<int> Marks { get; init; } = [];
}

[GenerateSerializer]
public sealed record Labels(string Color, Point Origin) : Shape(Color, Origin);

[GenerateSerializer]
public sealed class Node
{
    [Id(0)]
    public string Name { get; set; } = string.Empty;

    [Id(1)]
    public Node? Next { get; set; }

    [Id(2)]
    public List<Node> Children { get; set; } = [];

    [Id(3)]
    public object? Tag { get; set; }
}

[GenerateSerializer]
public class Vault
{
    [Id(0)]
    private readonly int _code;

    [Id(1)]
    private List<string> _items = [];

    [NonSerialized]
    private int _cache;

    private Vault() => _cache = 1;

    public Vault(int code, params string[] items)
    {
        _code = code;
        _items = [.. items];
        _cache = 2;
    }

    [Id(2)]
    public string Owner { get; private set; } = "nobody";

    [Id(3)]
    public DateTimeOffset OpenedAt { get; init; }

    [Id(4)]
    public int Level { get; }

    [Id(5)]
    public required string Place { get; init; }

    public int Code => _code;

    public IReadOnlyList<string> Items => _items;

    public int Cache => _cache;

    [SetsRequiredMembers]
    public Vault(int code, string owner, int level, string place)
        : this(code)
    {
        Owner = owner;
        Level = level;
        Place = place;
    }
}

[GenerateSerializer]
public struct Mutable
{
    [Id(0)]
    public int Number;

    [Id(1)]
    public int[]? Values;

    [Id(2)]
    private string? _secret;

    public readonly string? Secret => _secret;

    public void Hide(string secret) => _secret = secret;
}

[GenerateSerializer]
public class Box<T>
    where T : notnull
{
    [Id(0)]
    private T _value;

    public Box(T value) => _value = value;

    public T Value => _value;

    [GenerateSerializer, Alias("test.Box.Lid")]
    public sealed class Lid
    {
        [Id(0)]
        public T? Inner { get; set; }
    }
}

[GenerateSerializer]
public enum Colour : byte
{
    Red = 1,
    Blue = 200,
}

[GenerateSerializer]
public abstract class Animal
{
    [Id(0)]
    public string Name { get; set; } = string.Empty;
}

[GenerateSerializer]
public sealed class Dog : Animal
{
    [Id(0)]
    public int Barks { get; set; }
}

[GenerateSerializer]
public sealed class Cat : Animal
{
    [Id(0), Immutable]
    public int[] Lives { get; set; } = [];
}

public sealed class UnknownAnimal : Animal;

[GenerateSerializer, Alias("test.LeaseLost")]
public sealed class LeaseLostException(LeaseToken presented, long currentEpoch) : Exception($"Lease on {presented.TaskId} lost.")
{
    [Id(0)]
    public LeaseToken Presented { get; } = presented;

    [Id(1)]
    public long CurrentEpoch { get; } = currentEpoch;
}

public sealed class PlainException(string message) : Exception(message);

[GenerateSerializer(IncludePrimaryConstructorParameters = true)]
public sealed class Counter(int start, List<int> steps)
{
    public int Total => start + steps.Sum();

    public IReadOnlyList<int> Steps => steps;
}

[GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties)]
public sealed class ByName
{
    public string? First { get; set; }

    public int Second { get; set; }
}

/// <summary>Stands for a type of another library.</summary>
public sealed class Money(decimal amount, string currency)
{
    public decimal Amount { get; } = amount;

    public string Currency { get; } = currency;
}

[GenerateSerializer]
public struct MoneySurrogate
{
    [Id(0)]
    public decimal Amount;

    [Id(1)]
    public string Currency;
}

[RegisterConverter]
public sealed class MoneyConverter : IConverter<Money, MoneySurrogate>
{
    public Money ConvertFromSurrogate(in MoneySurrogate surrogate) => new(surrogate.Amount, surrogate.Currency);

    public MoneySurrogate ConvertToSurrogate(in Money value) => new() { Amount = value.Amount, Currency = value.Currency };
}

/// <summary>An exception that a converter rebuilds; a derived, annotated one keeps what every exception has.</summary>
public class CodedException(string message, int code) : Exception(message)
{
    public int Code { get; } = code;
}

[GenerateSerializer]
public struct CodedExceptionSurrogate
{
    [Id(0)]
    public string Message;

    [Id(1)]
    public int Code;
}

[RegisterConverter]
public sealed class CodedExceptionConverter : IConverter<CodedException, CodedExceptionSurrogate>
{
    public CodedException ConvertFromSurrogate(in CodedExceptionSurrogate surrogate) => new(surrogate.Message, surrogate.Code);

    public CodedExceptionSurrogate ConvertToSurrogate(in CodedException value) => new() { Message = value.Message, Code = value.Code };
}

[GenerateSerializer]
public sealed class DetailedException(string message, string detail) : CodedException(message, 7)
{
    [Id(0)]
    public string Detail { get; } = detail;
}

public sealed class Pair<T>(T left, T right)
{
    public T Left { get; } = left;

    public T Right { get; } = right;
}

[GenerateSerializer]
public struct PairSurrogate<T>
{
    [Id(0)]
    public T Left;

    [Id(1)]
    public T Right;
}

[RegisterConverter]
public sealed class PairConverter<T> : IConverter<Pair<T>, PairSurrogate<T>>
{
    public Pair<T> ConvertFromSurrogate(in PairSurrogate<T> surrogate) => new(surrogate.Left, surrogate.Right);

    public PairSurrogate<T> ConvertToSurrogate(in Pair<T> value) => new() { Left = value.Left, Right = value.Right };
}

[GenerateSerializer, SuppressReferenceTracking]
public sealed class Untracked
{
    [Id(0)]
    public string Text { get; set; } = string.Empty;
}
