namespace Nearfar.Encoding;

/// <summary>A model folder of any kind that the core has an engine for: a static encoder, or an adapter over a frozen one.</summary>
public static class ModelFolder
{
    /// <summary>Reads the encoder of a folder.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="baseEncoder">The frozen encoder of an adapter whose folder holds no copy of it; others do not look at it.</param>
    /// <exception cref="NearfarException">Files are missing, broken or were changed, or an adapter's base is not at hand.</exception>
    public static IEncoder Load(string folder, IEncoder? baseEncoder = null) =>
        AdapterModelFolder.IsAdapter(folder) ? AdapterModelFolder.Load(folder, baseEncoder) : StaticEncoder.Load(folder);
}
