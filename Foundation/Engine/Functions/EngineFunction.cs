using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>
/// A function of SQL whose body is C#. Made by <see cref="Scalar{T1,TResult}"/>, <see cref="Batch{T1,TResult}"/>, <see cref="Variadic{T,TResult}"/>,
/// <see cref="Aggregate{TState,T1,TResult}"/> and <see cref="Table"/>; given to a database with <see cref="EngineOptions.Functions"/>, or to one session with
/// <see cref="EngineSession.RegisterFunctionsAsync"/>. Immutable; one object may be registered with many.
/// </summary>
/// <remarks>
/// Several threads call a body at the same time, so it must not keep anything between two calls that is not safe for that. A body that throws fails the statement:
/// the message names the function and the exception's message. Scalar functions and aggregates of one name with other parameters are overloads.
/// </remarks>
public abstract partial class EngineFunction
{
    private protected EngineFunction(string name, EngineFunctionKind kind, FunctionOptions? options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        EngineText.Quote(name);
        Name = name;
        Kind = kind;
        Options = options ?? FunctionOptions.Default;
        Options.Validate(name);
    }

    /// <summary>Its name; not case-sensitive.</summary>
    public string Name { get; }

    /// <summary>Where in a statement it stands.</summary>
    public EngineFunctionKind Kind { get; }

    /// <summary>Whether its values may change from call to call with the same arguments.</summary>
    public bool IsVolatile => Options.IsVolatile;

    /// <summary>How the engine uses it.</summary>
    internal FunctionOptions Options { get; }

    /// <summary>What tells the engine's side of two functions apart: names aside, those with the same text can stand in for each other.</summary>
    internal abstract string Signature { get; }

    /// <summary>How many arguments it takes by position.</summary>
    internal abstract int ParameterCount { get; }

    /// <summary>Whether it takes any number of arguments.</summary>
    internal virtual bool IsVariadic => false;

    /// <summary>Gives overloads to the engine.</summary>
    /// <param name="connection">Any of the database.</param>
    /// <param name="name">The name there.</param>
    /// <param name="slots">Holds a function of this kind each.</param>
    internal abstract void Register(ConnectionHandle connection, string name, IReadOnlyList<FunctionSlot> slots);

    /// <summary>What a failed call says.</summary>
    internal string Explain(Exception exception) => $"Function '{Name}' failed: {exception.Message}";

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Signature}";
}

/// <summary>Where in a statement a function stands.</summary>
public enum EngineFunctionKind
{
    /// <summary>In expressions: a value for each row.</summary>
    Scalar = 0,

    /// <summary>Over the rows of a group or window: a value for all of them.</summary>
    Aggregate = 1,

    /// <summary>In FROM: makes rows.</summary>
    Table = 2,
}
