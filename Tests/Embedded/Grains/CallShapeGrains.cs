using Orleans.Concurrency;

namespace OrleansFlow.Tests.Embedded.Grains;

public enum Tone
{
    Quiet,
    Loud,
}

#pragma warning disable CS0618 // Obsolete and without effect in Orleans too; interfaces that still carry it must go on working.
[Unordered]
#pragma warning restore CS0618
public interface IUnorderedGrain : IGrainWithStringKey
{
    Task<int> UnorderedAsync(int value);
}

public interface ICallShapesGrain : IUnorderedGrain
{
    Task<string> DefaultsAsync(
        int number, string text = "text", Tone tone = Tone.Loud, decimal price = 1.5m, int? missing = null, CancellationToken cancellationToken = default);

    Task<string> ParamsAsync(string head, params int[] tail);

    Task<string> OverloadAsync(int value);

    Task<string> OverloadAsync(long value);

    Task<string> OverloadAsync(int value, string text);

    Task<string> OverloadAsync(List<int> values);

    Task<string> OverloadAsync<T>(T value);

    Task<TOut?> FindAsync<TKey, TOut>(TKey key)
        where TKey : notnull
        where TOut : class;

    ValueTask<int> LaterAsync(int value);

    ValueTask LaterAsync();

    Task<(int Sum, string Text)> TupleAsync((int Left, int Right) pair, Dictionary<string, List<int>> map);

    Task<int?> NullableAsync(int? value, string? text);

    Task<bool> IsSameAsync(Immutable<byte[]> bytes);

    Task<Immutable<byte[]>> GetSameAsync();

    Task<bool> IsSameMemberAsync(Envelope envelope);

    [OneWay]
    Task FailSilentlyAsync();

    [OneWay]
    ValueTask HoldSilentlyAsync(string gate);

    [OneWay]
    void FailVoid();

    Task ThrowAsync(string kind);

    Task<string> ReferencesAsync();
}

/// <summary>A record whose payload is declared immutable.</summary>
[GenerateSerializer]
public sealed class Envelope
{
    [Id(0)]
    [Immutable]
    public byte[] Shared { get; set; } = [];

    [Id(1)]
    public byte[] Copied { get; set; } = [];
}

public sealed class CallShapesGrain : Grain, ICallShapesGrain
{
    public static byte[] Bytes { get; } = [1, 2, 3];

    public Task<string> DefaultsAsync(
        int number, string text = "text", Tone tone = Tone.Loud, decimal price = 1.5m, int? missing = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(FormattableString.Invariant($"{number} {text} {tone} {price} {missing?.ToString() ?? "null"}"));

    public Task<string> ParamsAsync(string head, params int[] tail) => Task.FromResult($"{head}:{string.Join(',', tail)}");

    public Task<string> OverloadAsync(int value) => Task.FromResult("int");

    public Task<string> OverloadAsync(long value) => Task.FromResult("long");

    public Task<string> OverloadAsync(int value, string text) => Task.FromResult("int and string");

    public Task<string> OverloadAsync(List<int> values) => Task.FromResult("list");

    public Task<string> OverloadAsync<T>(T value) => Task.FromResult($"any {typeof(T).Name}");

    public Task<TOut?> FindAsync<TKey, TOut>(TKey key)
        where TKey : notnull
        where TOut : class => Task.FromResult(key is 7 ? (TOut)(object)"seven" : null);

    public async ValueTask<int> LaterAsync(int value)
    {
        await Task.Yield();
        return value + 1;
    }

    public async ValueTask LaterAsync() => await Task.Yield();

    public Task<(int Sum, string Text)> TupleAsync((int Left, int Right) pair, Dictionary<string, List<int>> map) =>
        Task.FromResult((pair.Left + pair.Right, string.Join(';', map.Select(entry => $"{entry.Key}={string.Join(',', entry.Value)}"))));

    public Task<int?> NullableAsync(int? value, string? text) => Task.FromResult(text is null ? value : null);

    public Task<bool> IsSameAsync(Immutable<byte[]> bytes) => Task.FromResult(ReferenceEquals(bytes.Value, Bytes));

    public Task<Immutable<byte[]>> GetSameAsync() => Task.FromResult(Bytes.AsImmutable());

    public Task<bool> IsSameMemberAsync(Envelope envelope) =>
        Task.FromResult(ReferenceEquals(envelope.Shared, Bytes) && !ReferenceEquals(envelope.Copied, Bytes));

    public Task<int> UnorderedAsync(int value) => Task.FromResult(value);

    public Task FailSilentlyAsync() => throw new InvalidOperationException("nobody hears this");

    public async ValueTask HoldSilentlyAsync(string gate) => await Gates.WaitAsync(gate);

    public void FailVoid() => throw new InvalidOperationException("nobody hears this either");

    public async Task ThrowAsync(string kind)
    {
        await Task.Yield();
        throw kind switch
        {
            "inner" => new InvalidOperationException("outer", new KeyNotFoundException("inner")),
            "aggregate" => new AggregateException("several", new TimeoutException("one"), new FormatException("two")),
            "argument" => new ArgumentOutOfRangeException(nameof(kind), kind, "not that"),
            "cancelled" => new OperationCanceledException("given up"),
            _ => new InvalidOperationException("plain") { Data = { ["count"] = 3, ["name"] = "ada" } },
        };
    }

    public Task<string> ReferencesAsync()
    {
        var plain = this.AsReference<ICallShapesGrain>();
        var untyped = GrainFactory.GetGrain(this.GetGrainId());
        var type = plain.GetType().GetInterface(nameof(ICallShapesGrain))!;
        return Task.FromResult(string.Join(
            ',',
            plain is GrainReference,
            untyped.Cast<ICallShapesGrain>().Equals(plain),
            untyped.AsReference(type).Equals(plain),
            untyped.Cast(type).Equals(plain),
            GrainReference.Equals(plain)));
    }
}
