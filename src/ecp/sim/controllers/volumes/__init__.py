"""Storage: claims find volumes, drivers make them, nodes have them attached.

Source: kubernetes pkg/controller/volume (1.36) for the control plane; the drivers' side follows
kubernetes-csi external-provisioner, external-attacher and external-resizer.
"""
