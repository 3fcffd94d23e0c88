using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Embedded;

/// <summary>Makes grain objects of one class: finds the constructor and where each argument comes from, once.</summary>
internal sealed class GrainActivator
{
    private static readonly MethodInfo FacetMethod =
        typeof(GrainActivator).GetMethod(nameof(FacetArgument), BindingFlags.NonPublic | BindingFlags.Static)!;

    // Of the process and not of the silo: an invoker that is used more than once compiles itself, and a test process makes many silos.
    private static readonly ConditionalWeakTable<Type, ConstructorInvoker> Constructors = [];

    private readonly ConstructorInvoker _constructor;
    private readonly Func<Activation, object?>[] _arguments;

    public GrainActivator(Type grainClass, IServiceProvider services)
    {
        var constructors = grainClass.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        var constructor = constructors.FirstOrDefault(candidate => candidate.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
            ?? constructors.Where(candidate => candidate.IsPublic).MaxBy(candidate => candidate.GetParameters().Length)
            ?? constructors.MaxBy(candidate => candidate.GetParameters().Length)
            ?? throw new OrleansConfigurationException($"Grain class '{grainClass}' has no constructor.");
        _constructor = Constructors.GetValue(grainClass, _ => ConstructorInvoker.Create(constructor));
        _arguments = [.. constructor.GetParameters().Select(parameter => ArgumentOf(parameter, services))];
    }

    public object Create(Activation activation)
    {
        try
        {
            if (_arguments.Length == 0)
            {
                return _constructor.Invoke();
            }

            var values = new object?[_arguments.Length];
            for (var index = 0; index < values.Length; index++)
            {
                values[index] = _arguments[index](activation);
            }

            return _constructor.Invoke(values.AsSpan());
        }
        catch (TargetInvocationException exception) when (exception.InnerException is { } thrown)
        {
            // The caller gets what the grain's constructor threw.
            ExceptionDispatchInfo.Throw(thrown);
            throw;
        }
    }

    private static Func<Activation, object?> ArgumentOf(ParameterInfo parameter, IServiceProvider services)
    {
        var type = parameter.ParameterType;
        if (parameter.GetCustomAttributes().FirstOrDefault(attribute => attribute is IFacetMetadata) is { } facet)
        {
            return (Func<Activation, object?>)FacetMethod.MakeGenericMethod(facet.GetType()).Invoke(null, [parameter, facet, services])!;
        }

        if (type == typeof(IGrainContext))
        {
            return static activation => activation;
        }

        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
        {
            return parameter.HasDefaultValue
                ? activation => ((IKeyedServiceProvider)activation.ActivationServices).GetKeyedService(type, keyed.Key) ?? parameter.DefaultValue
                : activation => ((IKeyedServiceProvider)activation.ActivationServices).GetKeyedService(type, keyed.Key) ?? throw Missing(parameter);
        }

        return parameter.HasDefaultValue
            ? activation => activation.ActivationServices.GetService(type) ?? parameter.DefaultValue
            : activation => activation.ActivationServices.GetService(type) ?? throw Missing(parameter);
    }

    private static InvalidOperationException Missing(ParameterInfo parameter) => new(
        $"Unable to resolve service for type '{parameter.ParameterType}' while attempting to activate '{parameter.Member.DeclaringType}'. " +
        "Register it with the services of the silo.");

    private static Func<Activation, object?> FacetArgument<TMetadata>(ParameterInfo parameter, TMetadata metadata, IServiceProvider services)
        where TMetadata : IFacetMetadata
    {
        var mapper = services.GetService<IAttributeToFactoryMapper<TMetadata>>() ?? throw new OrleansConfigurationException(
            $"Parameter '{parameter.Name}' of '{parameter.Member.DeclaringType}' has [{typeof(TMetadata).Name}], but no " +
            $"IAttributeToFactoryMapper<{typeof(TMetadata).Name}> is registered.");
        var factory = mapper.GetFactory(parameter, metadata);
        return activation => factory(activation);
    }
}
