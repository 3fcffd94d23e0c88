namespace OrleansFlow.Engine.Functions;

/// <summary>The arguments of one call of a table function. Immutable.</summary>
public sealed class TableArguments
{
    private readonly Dictionary<string, object?> _values;

    internal TableArguments(string function, Dictionary<string, object?> values)
    {
        Function = function;
        _values = values;
    }

    /// <summary>Name of the function.</summary>
    public string Function { get; }

    /// <summary>Whether an argument was given and is not NULL.</summary>
    /// <param name="name">Name of the parameter.</param>
    public bool Has(string name) => _values.TryGetValue(name, out var value) && value is not null;

    /// <summary>An argument.</summary>
    /// <param name="name">Name of the parameter.</param>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <exception cref="ArgumentException">It was not given or is NULL, or the function has no such parameter of that type.</exception>
    public T Get<T>(string name) =>
        _values.TryGetValue(name, out var value) && value is T known ? known
        : throw new ArgumentException($"The function '{Function}' needs the argument '{name}' of type {typeof(T).Name}, not NULL.", name);

    /// <summary>An argument that may be left out.</summary>
    /// <param name="name">Name of the parameter.</param>
    /// <param name="fallback">What stands for one that was not given or is NULL.</param>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <exception cref="ArgumentException">The parameter has another type.</exception>
    public T Get<T>(string name, T fallback) => Has(name) ? Get<T>(name) : fallback;
}
