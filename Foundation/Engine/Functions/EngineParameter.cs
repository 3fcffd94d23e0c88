namespace OrleansFlow.Engine.Functions;

/// <summary>A parameter of a table function. Immutable.</summary>
public sealed record EngineParameter
{
    private EngineParameter(string name, Type type, bool isNamed)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        EngineText.Quote(name);
        (Name, Kind, IsNamed) = (name, type == typeof(string[]) ? EngineType.Texts : EngineType.Of(type), isNamed);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Whether it is given as <c>name := value</c> and may be left out; else it stands at its place.</summary>
    public bool IsNamed { get; }

    internal EngineType Kind { get; }

    /// <summary>A parameter that is always given, at its place.</summary>
    /// <param name="name">By which the function reads it.</param>
    /// <typeparam name="T">One of the types that functions take; <c>string[]</c> takes a text or a list of texts.</typeparam>
    /// <exception cref="ArgumentException">The type has no counterpart in the engine.</exception>
    public static EngineParameter At<T>(string name) => new(name, typeof(T), isNamed: false);

    /// <summary>A parameter that is given by its name, or left out.</summary>
    /// <param name="name">Its name; not case-sensitive.</param>
    /// <typeparam name="T">One of the types that functions take; <c>string[]</c> takes a text or a list of texts.</typeparam>
    /// <exception cref="ArgumentException">The type has no counterpart in the engine.</exception>
    public static EngineParameter Named<T>(string name) => new(name, typeof(T), isNamed: true);
}
