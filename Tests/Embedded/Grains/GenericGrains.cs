using Orleans.Metadata;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface IHolderGrain<T> : IGrainWithStringKey
{
    Task PutAsync(T item);

    Task<T?> GetAsync();

    Task<string> WhoAsync();

    Task<TOut> ConvertAsync<TOut>(Func<T?, TOut>? unused, TOut fallback);
}

public sealed class HolderGrain<T> : Grain, IHolderGrain<T>
{
    private T? _item;

    public Task PutAsync(T item)
    {
        _item = item;
        return Task.CompletedTask;
    }

    public Task<T?> GetAsync() => Task.FromResult(_item);

    public Task<string> WhoAsync() => Task.FromResult($"{typeof(T).Name} {this.GetGrainId().Type}");

    public Task<TOut> ConvertAsync<TOut>(Func<T?, TOut>? unused, TOut fallback) => Task.FromResult(fallback);
}

public interface IPairGrain<TLeft, TRight> : IGrainWithIntegerKey
    where TLeft : notnull
{
    Task<string> TypesAsync();
}

// The class names its type arguments the other way round, and wants more of them.
[GrainType("turned-pair")]
public sealed class TurnedPair<TRight, TLeft> : Grain, IPairGrain<TLeft, TRight>
    where TLeft : notnull
{
    public Task<string> TypesAsync() => Task.FromResult($"{typeof(TLeft).Name},{typeof(TRight).Name}");
}

[Alias("closed-of")]
public interface IClosedGrain<T> : IGrainWithStringKey
{
    Task<string> NameAsync();
}

public sealed class ClosedOfIntGrain : Grain, IClosedGrain<int>
{
    public Task<string> NameAsync() => Task.FromResult("int");
}

public sealed class ClosedOfAnythingGrain<T> : Grain, IClosedGrain<T>
{
    public Task<string> NameAsync() => Task.FromResult("anything");
}

public interface IShapeGrain : IGrainWithStringKey
{
    Task<string> NameAsync();
}

public interface ISpecialShapeGrain : IShapeGrain
{
    Task<string> SpecialAsync();
}

public sealed class RoundShapeGrain : Grain, IShapeGrain
{
    public Task<string> NameAsync() => Task.FromResult("round");
}

public sealed class RoundShapeGrainDeluxe : Grain, IShapeGrain
{
    public Task<string> NameAsync() => Task.FromResult("round deluxe");
}

public sealed class SquareShapeGrain : Grain, ISpecialShapeGrain
{
    public Task<string> NameAsync() => Task.FromResult("square");

    public Task<string> SpecialAsync() => Task.FromResult("special");
}

[DefaultGrainType("second-choice")]
public interface IChoiceGrain : IGrainWithStringKey
{
    Task<string> NameAsync();
}

[GrainType("first-choice")]
public sealed class FirstChoice : Grain, IChoiceGrain
{
    public Task<string> NameAsync() => Task.FromResult("first");
}

[GrainType("second-choice")]
public sealed class SecondChoice : Grain, IChoiceGrain
{
    public Task<string> NameAsync() => Task.FromResult("second");
}

// A grain needs no base class, not even IGrainBase.
public interface IPlainGrain : IGrainWithStringKey
{
    Task<string> KeyAsync();

    // A method with a body is a grain method too.
    Task<string> GreetAsync() => Task.FromResult("hello from the interface");

    Task<string> OverriddenAsync() => Task.FromResult("not this");
}

public sealed class PlainGrain(IGrainContext context) : IPlainGrain
{
    public Task<string> KeyAsync() => Task.FromResult(context.GrainId.Key.ToString());

    public Task<string> OverriddenAsync() => Task.FromResult("this");
}

public interface IHiddenGrain : IGrainWithStringKey
{
    Task<string> NameAsync();
}

public static class HidingPlace
{
    private sealed class HiddenGrain : Grain, IHiddenGrain
    {
        public Task<string> NameAsync() => Task.FromResult("hidden");
    }
}

public interface IOverloadedGrain : IGrainWithStringKey
{
    Task<string> SayAsync(int number);

    Task<string> SayAsync(long number);

    Task<string> SayAsync(string text, int times = 2);

    Task<string> SayAsync(string text, params string[] more);

    Task<string> SayAsync<T>(T value, T other);
}

public sealed class OverloadedGrain : Grain, IOverloadedGrain
{
    public Task<string> SayAsync(int number) => Task.FromResult("int");

    public Task<string> SayAsync(long number) => Task.FromResult("long");

    public Task<string> SayAsync(string text, int times = 2) => Task.FromResult($"{text} times {times}");

    public Task<string> SayAsync(string text, params string[] more) => Task.FromResult($"{text} and {more.Length} more");

    public Task<string> SayAsync<T>(T value, T other) => Task.FromResult($"{typeof(T).Name} {value} {other}");
}

public interface INestedArgumentGrain<TItem> : IGrainWithStringKey
{
    Task<string> NameAsync();
}

public sealed class NestedArgumentGrain<TKey, TValue> : Grain, INestedArgumentGrain<Dictionary<TKey, TValue[]>>
    where TKey : notnull
{
    public Task<string> NameAsync() => Task.FromResult($"{typeof(TKey).Name} {typeof(TValue).Name}");
}
