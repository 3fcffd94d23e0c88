using System.Runtime.ExceptionServices;

namespace Orleans.Serialization.Invocation;

/// <summary>How a call ended.</summary>
public abstract class Response : IDisposable
{
    /// <summary>The response of a call that ended without a value.</summary>
    public static Response Completed => CompletedResponse.Instance;

    /// <summary>The value; null when there is none.</summary>
    public abstract object? Result { get; set; }

    /// <summary>The failure; null when there is none.</summary>
    public abstract Exception? Exception { get; set; }

    /// <summary>The response of a failed call.</summary>
    /// <param name="exception">The failure.</param>
    /// <returns>The response.</returns>
    public static Response FromException(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new EndedResponse { Exception = exception };
    }

    /// <summary>The response of a call that ended with a value.</summary>
    /// <typeparam name="TResult">Its type.</typeparam>
    /// <param name="value">The value.</param>
    /// <returns>The response.</returns>
    public static Response FromResult<TResult>(TResult value) => new EndedResponse { Result = value };

    /// <summary>The value.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <returns>The value; the default one when there is none.</returns>
    /// <exception cref="InvalidCastException">The value is of another type.</exception>
    /// <remarks>Throws the failure of a call that failed.</remarks>
    public abstract T GetResult<T>();

    /// <summary>Lets go of the value.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override string ToString() => Exception is { } exception ? exception.ToString() : Result?.ToString() ?? "[null]";

    private protected virtual void Dispose(bool disposing)
    {
    }

    private sealed class EndedResponse : Response
    {
        public override object? Result { get; set; }

        public override Exception? Exception { get; set; }

        public override T GetResult<T>()
        {
            if (Exception is { } exception)
            {
                ExceptionDispatchInfo.Throw(exception);
            }

            return Result is null ? default! : (T)Result;
        }
    }

    private sealed class CompletedResponse : Response
    {
        public static readonly CompletedResponse Instance = new();

        public override object? Result
        {
            get => null;
            set => throw new InvalidOperationException($"{nameof(Completed)} is shared by all calls; use {nameof(FromResult)}.");
        }

        public override Exception? Exception
        {
            get => null;
            set => throw new InvalidOperationException($"{nameof(Completed)} is shared by all calls; use {nameof(FromException)}.");
        }

        public override T GetResult<T>() => default!;
    }
}
