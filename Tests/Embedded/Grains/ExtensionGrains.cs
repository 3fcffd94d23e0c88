namespace OrleansFlow.Tests.Embedded.Grains;

public interface INoteExtension : IGrainExtension
{
    Task<string> NoteAsync(string text);

    Task<string> WhereAsync();
}

/// <summary>One for each activation, with what its constructor asks for.</summary>
public sealed class NoteExtension(IGrainContext context) : INoteExtension
{
    private int _count;

    public Task<string> NoteAsync(string text) => Task.FromResult($"{context.GrainId}: {text} {++_count}");

    public async Task<string> WhereAsync()
    {
        await Task.Yield();
        return ReferenceEquals(TaskScheduler.Current, context) ? "in the turns of its grain" : "outside";
    }
}

public interface IValueExtension<T> : IGrainExtension
{
    Task<T> GetAsync();

    Task SetAsync(T value);
}

public sealed class ValueExtension<T>(Func<T> get, Action<T> set) : IValueExtension<T>
{
    public Task<T> GetAsync() => Task.FromResult(get());

    public Task SetAsync(T value)
    {
        set(value);
        return Task.CompletedTask;
    }
}

public interface IExtendedGrain : IGrainWithStringKey
{
    Task<int> ValueAsync();

    Task<(bool IsSame, string Note)> BindAsync();
}

public sealed class ExtendedGrain : Grain, IExtendedGrain
{
    private int _value = 5;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        GrainContext.SetComponent<IValueExtension<int>>(new ValueExtension<int>(() => _value, value => _value = value));
        return Task.CompletedTask;
    }

    public Task<int> ValueAsync() => Task.FromResult(_value);

    public async Task<(bool IsSame, string Note)> BindAsync()
    {
        var binder = GrainContext.GetComponent<IGrainExtensionBinder>()!;
        var (first, reference) = binder.GetOrSetExtension<NoteExtension, INoteExtension>(() => new NoteExtension(GrainContext));
        var (second, _) = binder.GetOrSetExtension<NoteExtension, INoteExtension>(() => throw new InvalidOperationException("There is one."));
        var direct = GrainContext.GetGrainExtension<INoteExtension>();
        using var chain = RequestContext.AllowCallChainReentrancy();
        return (ReferenceEquals(first, second) && ReferenceEquals(first, direct), await reference.NoteAsync("by reference"));
    }
}
