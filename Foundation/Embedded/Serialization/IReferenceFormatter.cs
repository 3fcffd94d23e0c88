namespace Orleans.Embedded.Serialization;

/// <summary>
/// Writes and reads values that have identity (see <see cref="CodecRegistry.RegisterShared"/>). Taken from the service
/// provider by <see cref="Orleans.Serialization.Serializer"/>, so that what is read belongs to that silo or client.
/// </summary>
public interface IReferenceFormatter
{
    /// <summary>Makes the text that stands for a value.</summary>
    /// <param name="reference">The value.</param>
    /// <returns>The text.</returns>
    string Format(object reference);

    /// <summary>Finds the value that a text stands for.</summary>
    /// <param name="text">The text, from outside: check it.</param>
    /// <param name="declaredType">The declared type of the member; the value must be assignable to it.</param>
    /// <returns>The value.</returns>
    object Parse(string text, Type declaredType);
}
