using System.Reflection;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A grain factory that hands out the test's own objects, by interface and key.</summary>
public class ScriptedGrains : DispatchProxy
{
    private readonly Dictionary<Type, Func<string, object>> _make = [];

    internal static (IGrainFactory Factory, ScriptedGrains Script) Create()
    {
        var factory = Create<IGrainFactory, ScriptedGrains>();
        return (factory, (ScriptedGrains)(object)factory);
    }

    internal ScriptedGrains With<TGrain>(Func<string, TGrain> make)
        where TGrain : class
    {
        _make[typeof(TGrain)] = key => make(key);
        return this;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod is { IsGenericMethod: true } && args is [string key, ..]
            ? _make[targetMethod.GetGenericArguments()[0]](key)
            : throw new NotSupportedException($"{targetMethod} is not part of the script.");
}
