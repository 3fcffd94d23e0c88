namespace Orleans.Runtime;

/// <summary>A reminder could not be changed.</summary>
public sealed class ReminderException : OrleansException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    public ReminderException(string message)
        : base(message)
    {
    }
}
