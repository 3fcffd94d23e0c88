namespace OrleansFlow.Engine.Functions;

/// <summary>The body of a function of any number of arguments.</summary>
/// <param name="values">The arguments of one row, valid during the call.</param>
public delegate TResult VariadicBody<T, TResult>(ReadOnlySpan<T> values);

/// <summary>The body of a function that computes a batch of rows at once. Where an argument is NULL that the function does not take, its result is NULL whatever it writes.</summary>
/// <param name="first">Arguments.</param>
/// <param name="results">Every row must be written.</param>
public delegate void BatchBody<T1, TResult>(EngineColumn<T1> first, EngineColumnWriter<TResult> results);

/// <summary>The body of a function of two arguments that computes a batch of rows at once; see <see cref="BatchBody{T1,TResult}"/>.</summary>
/// <param name="first">First arguments.</param>
/// <param name="second">Second arguments.</param>
/// <param name="results">Every row must be written.</param>
public delegate void BatchBody<T1, T2, TResult>(EngineColumn<T1> first, EngineColumn<T2> second, EngineColumnWriter<TResult> results);

/// <summary>Makes scalar functions.</summary>
public abstract partial class EngineFunction
{
    /// <summary>A function without arguments. It is volatile unless the options say otherwise.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="function">Called for each row. Null is NULL.</param>
    /// <param name="options">How the engine may use it.</param>
    /// <exception cref="ArgumentException">The type of the result has no counterpart in the engine.</exception>
    public static EngineFunction Scalar<TResult>(string name, Func<TResult> function, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new ScalarFunction<TResult>(name, function, options ?? new FunctionOptions { IsVolatile = true });
    }

    /// <summary>A function of one argument. NULL gives NULL without a call, unless the parameter takes null (<c>int?</c>, or <see cref="FunctionOptions.SeesNulls"/>).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="function">Called for each row, by several threads. Null is NULL.</param>
    /// <param name="options">How the engine may use it; null for <see cref="FunctionOptions.Default"/>.</param>
    /// <exception cref="ArgumentException">A type has no counterpart in the engine.</exception>
    public static EngineFunction Scalar<T1, TResult>(string name, Func<T1, TResult> function, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new ScalarFunction<T1, TResult>(name, function, options);
    }

    /// <summary>A function of two arguments; see <see cref="Scalar{T1,TResult}"/>.</summary>
    public static EngineFunction Scalar<T1, T2, TResult>(string name, Func<T1, T2, TResult> function, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new ScalarFunction<T1, T2, TResult>(name, function, options);
    }

    /// <summary>A function of three arguments; see <see cref="Scalar{T1,TResult}"/>.</summary>
    public static EngineFunction Scalar<T1, T2, T3, TResult>(string name, Func<T1, T2, T3, TResult> function, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new ScalarFunction<T1, T2, T3, TResult>(name, function, options);
    }

    /// <summary>A function of any number of arguments of one type, to which the engine casts them; see <see cref="Scalar{T1,TResult}"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="function">Called for each row.</param>
    /// <param name="options">How the engine may use it.</param>
    public static EngineFunction Variadic<T, TResult>(string name, VariadicBody<T, TResult> function, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new VariadicFunction<T, TResult>(name, function, options);
    }

    /// <summary>A function that computes up to 2,048 rows at once, over the engine's own memory.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="function">Called for each batch of rows, by several threads.</param>
    /// <param name="options">How the engine may use it.</param>
    /// <exception cref="ArgumentException">A type has no counterpart in the engine.</exception>
    public static EngineFunction Batch<T1, TResult>(string name, BatchBody<T1, TResult> function, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new BatchFunction<T1, TResult>(name, function, options);
    }

    /// <summary>A function of two arguments that computes up to 2,048 rows at once; see <see cref="Batch{T1,TResult}"/>.</summary>
    public static EngineFunction Batch<T1, T2, TResult>(string name, BatchBody<T1, T2, TResult> function, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new BatchFunction<T1, T2, TResult>(name, function, options);
    }

    /// <summary>A function whose types are known when it runs, of any number of parameters; it computes up to 2,048 rows at once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="parameters">Types of the arguments, in order; at least one.</param>
    /// <param name="result">Type of the results.</param>
    /// <param name="function">Called for each batch of rows, by several threads; it decides what NULL gives (see <see cref="FunctionOptions.SeesNulls"/> for whether it sees rows of NULL alone).</param>
    /// <param name="options">How the engine may use it.</param>
    /// <exception cref="ArgumentException">A type has no counterpart in the engine, or there is no parameter.</exception>
    public static EngineFunction Batches(string name, IReadOnlyList<Type> parameters, Type result, FunctionBody function, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(function);
        return parameters.Count == 0
            ? throw new ArgumentException($"The function '{name}' has no parameter; use the overload of Scalar that takes none.", nameof(parameters))
            : new UntypedFunction(name, [.. parameters], result, function, options);
    }
}
