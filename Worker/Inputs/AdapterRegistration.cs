using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Inputs;

namespace OrleansFlow.Worker.Inputs;

/// <summary>An input adapter that a worker has.</summary>
public sealed class AdapterRegistration
{
    private readonly ObjectFactory _factory;

    /// <summary>Names an adapter.</summary>
    /// <param name="schema">Its name and what it takes.</param>
    /// <param name="adapterType">An <see cref="InputAdapter"/> that can be made from services.</param>
    /// <exception cref="ArgumentException">The schema is not well-formed, or the type is no adapter that can be made.</exception>
    public AdapterRegistration(AdapterSchema schema, Type adapterType)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(adapterType);
        foreach (var name in schema.Aliases.Prepend(schema.Name))
        {
            if (!AdapterSchema.IsName(name))
            {
                throw new ArgumentException(
                    $"'{name}' is not the name of an input adapter: use 1 to {AdapterSchema.NameLengthMax} letters, digits, '_', '-', '.' or ':', starting with a letter or digit.",
                    nameof(schema));
            }
        }

        if (schema.Arguments.FirstOrDefault(argument => !AdapterSchema.IsArgumentName(argument.Name)) is { } bad)
        {
            throw new ArgumentException(
                $"'{bad.Name}' is not the name of an argument of '{schema.Name}': use 1 to {AdapterSchema.ArgumentNameLengthMax} letters, digits or '_'.", nameof(schema));
        }

        if (schema.Arguments.GroupBy(argument => argument.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"'{schema.Name}' has two arguments '{twice.Key}'.", nameof(schema));
        }

        if (!adapterType.IsAssignableTo(typeof(InputAdapter)) || adapterType.IsAbstract)
        {
            throw new ArgumentException($"{adapterType} cannot be input adapter '{schema.Name}': it must be a class that derives from {nameof(InputAdapter)}.", nameof(adapterType));
        }

        Schema = schema;
        AdapterType = adapterType;
        _factory = ActivatorUtilities.CreateFactory(adapterType, Type.EmptyTypes);
    }

    /// <summary>Its name and what it takes.</summary>
    public AdapterSchema Schema { get; }

    /// <summary>The class that reads.</summary>
    public Type AdapterType { get; }

    internal InputAdapter Create(IServiceProvider services) => (InputAdapter)_factory(services, null);
}
