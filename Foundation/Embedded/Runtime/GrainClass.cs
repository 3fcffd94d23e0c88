using System.Reflection;
using System.Runtime.ExceptionServices;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;

namespace Orleans.Embedded;

/// <summary>What is constant about a grain class.</summary>
internal sealed class GrainClass
{
    private readonly Func<Activation, object>? _create;

    public GrainClass(Type type, GrainType grainType)
    {
        Type = type;
        GrainType = grainType;
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute), inherit: true);
        if (type.GetCustomAttribute<StatelessWorkerAttribute>() is { } worker)
        {
            IsStatelessWorker = true;
            StatelessWorkersMax = worker.MaxLocalWorkers > 0 ? worker.MaxLocalWorkers : Environment.ProcessorCount;
            RemovesIdleWorkers = worker.RemoveIdleWorkers && StatelessWorkersMax > 1;
        }

        MayInterleave = FindMayInterleave(type);
        HasOnActivate = Overrides(type, nameof(IGrainBase.OnActivateAsync));
        HasOnDeactivate = Overrides(type, nameof(IGrainBase.OnDeactivateAsync));
    }

    private GrainClass(GrainClass shared, Func<Activation, object> create, long? collectionAgeTicks)
    {
        Type = shared.Type;
        GrainType = shared.GrainType;
        IsReentrant = shared.IsReentrant;
        IsStatelessWorker = shared.IsStatelessWorker;
        StatelessWorkersMax = shared.StatelessWorkersMax;
        RemovesIdleWorkers = shared.RemovesIdleWorkers;
        MayInterleave = shared.MayInterleave;
        HasOnActivate = shared.HasOnActivate;
        HasOnDeactivate = shared.HasOnDeactivate;
        _create = create;
        CollectionAgeTicks = collectionAgeTicks;
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    public bool IsReentrant { get; }

    public bool IsStatelessWorker { get; }

    public int StatelessWorkersMax { get; }

    /// <summary>Whether workers beyond the first end as soon as there is no work for them.</summary>
    public bool RemovesIdleWorkers { get; }

    public bool HasOnActivate { get; }

    public bool HasOnDeactivate { get; }

    public Func<object, IInvokable, bool>? MayInterleave { get; }

    /// <summary>In ticks of the cluster's coarse clock; null: never collected.</summary>
    public long? CollectionAgeTicks { get; }

    /// <summary>The class as one silo uses it.</summary>
    public GrainClass For(Func<Activation, object> create, long? collectionAgeTicks) => new(this, create, collectionAgeTicks);

    public object CreateInstance(Activation activation) => _create!(activation);

    private static bool Overrides(Type type, string name)
    {
        for (var current = type; current is not null && current != typeof(object); current = current.BaseType)
        {
            if (current == typeof(Grain) || (current.IsGenericType && current.GetGenericTypeDefinition() == typeof(Grain<>)))
            {
                return false;
            }

            foreach (var method in current.GetMethods(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                // Explicit implementations carry the interface's name before the method's.
                if (method.Name == name || method.Name.EndsWith("." + name, StringComparison.Ordinal))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static Func<object, IInvokable, bool>? FindMayInterleave(Type type)
    {
        // An open generic class never runs; the classes made of it look for themselves.
        if (type.IsGenericTypeDefinition || type.GetCustomAttribute<MayInterleaveAttribute>() is not { } attribute)
        {
            return null;
        }

        var method = type.GetMethod(
            attribute.CallbackMethodName,
            BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.FlattenHierarchy,
            [typeof(IInvokable)]);
        if (method is null || method.ReturnType != typeof(bool))
        {
            throw new InvalidOperationException(
                $"Grain class '{type}' names '{attribute.CallbackMethodName}' in [MayInterleave], but has no method 'bool {attribute.CallbackMethodName}(IInvokable)'.");
        }

        if (method.IsStatic)
        {
            var callback = method.CreateDelegate<Func<IInvokable, bool>>();
            return (_, request) => callback(request);
        }

        var invoker = MethodInvoker.Create(method);
        return (grain, request) =>
        {
            try
            {
                return (bool)invoker.Invoke(grain, request)!;
            }
            catch (TargetInvocationException exception) when (exception.InnerException is { } thrown)
            {
                ExceptionDispatchInfo.Throw(thrown);
                throw;
            }
        };
    }
}
